/**
 * The kernel's IPVS table over generic netlink: one method per question, requests as data, errors with the codes of
 * `errors.ts`.
 */
import { GENL_HDRLEN, encodeGenericHeader, decodeGenericMessage } from '../genetlink/message.js';
import { resolveFamily } from '../genetlink/family.js';
import type { AttributeReader } from '../netlink/attribute.js';
import { AttributeWriter } from '../netlink/attribute.js';
import { NetlinkConnection } from '../netlink/connection.js';
import type { NetlinkRequest } from '../netlink/request.js';
import { NETLINK_GENERIC } from '../netlink/constants.js';
import { CodecError, NetlinkError, withoutErrno } from '../netlink/errors.js';
import type { NetlinkMessage } from '../netlink/message.js';
import { SocketTransport } from '../netlink/socket-transport.js';
import type { Writer } from '../netlink/writer.js';
import * as id from './constants.js';
import { decodeDaemon, decodeInfo, decodeTimeouts } from './daemon-codec.js';
import { decodeDestination, decodeDestinationEntry } from './destination-codec.js';
import { IpvsError, ipvsErrorCode } from './errors.js';
import type { IpvsQuery } from './errors.js';
import { formatServiceKey } from './keys.js';
import { describeRequest, encodeRequest } from './request-codec.js';
import { decodeService, decodeServiceEntry, encodeServiceKey } from './service-codec.js';
import type { IpvsTable } from './table.js';
import type {
  IpvsCommand,
  IpvsDaemon,
  IpvsDestination,
  IpvsDestinationEntry,
  IpvsFamily,
  IpvsInfo,
  IpvsRequest,
  IpvsService,
  IpvsServiceEntry,
  IpvsServiceKey,
  IpvsTimeouts,
} from './types.js';

/** A refused request costs the receive buffer this much at most. */
const errorReplyBytes = 1024;
/** Answers are there when the send returns; waiting in vain would block the thread. */
const replyTimeoutMs = 100;
/** Nothing is gained by larger datagrams; see bench/netlink. */
const datagramBytes = 64 * 1024;

/**
 * Reads and changes the table of the network namespace in which it was opened.
 *
 * Errors: `IpvsError` for what the kernel refuses, and for a change with a value that fits no message (`ERR_IPVS_INVALID`);
 * CodecError for a question with such a value, or an answer that is none; SyscallError when the socket fails.
 *
 * @see net/netfilter/ipvs/ip_vs_ctl.c (ip_vs_genl_ops)
 */
export class IpvsClient implements IpvsTable {
  readonly #connection: NetlinkConnection;
  #family: number;

  /** @param family the generic netlink id of IPVS; see `connect` */
  constructor(connection: NetlinkConnection, family: number) {
    this.#connection = connection;
    this.#family = family;
  }

  /**
   * Opens a socket in this thread's network namespace and finds the family, which loads the module where that works.
   *
   * @throws IpvsError `ERR_IPVS_UNAVAILABLE` when the kernel has no IPVS; SyscallError when there is no generic netlink
   */
  static open(): IpvsClient {
    const transport = SocketTransport.open(NETLINK_GENERIC);
    const limits = {
      replyTimeoutMs,
      datagramBytes: Math.min(datagramBytes, Math.floor(transport.sendBufferBytes / 2)),
      datagramRequests: Math.max(1, Math.floor(transport.receiveBufferBytes / errorReplyBytes)),
    };
    return IpvsClient.connect(new NetlinkConnection(transport, limits));
  }

  /** As `open`, over a given connection, which it owns from then on and closes when this fails. */
  static connect(connection: NetlinkConnection): IpvsClient {
    try {
      return new IpvsClient(connection, findFamily(connection, 'open', 'open the IPVS table'));
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  info(): IpvsInfo {
    return this.#ask('info', 'get IPVS version', id.IPVS_CMD_GET_INFO, decodeInfo);
  }

  services(): IpvsService[] {
    return this.#list('list-services', 'list services', id.IPVS_CMD_GET_SERVICE, null, decodeServiceReply);
  }

  serviceEntries(): IpvsServiceEntry[] {
    return this.#list('list-services', 'list services', id.IPVS_CMD_GET_SERVICE, null, (attributes) =>
      decodeServiceEntry(nestOf(attributes, id.IPVS_CMD_ATTR_SERVICE, 'IPVS_CMD_ATTR_SERVICE')),
    );
  }

  service(key: IpvsServiceKey): IpvsService {
    const operation = `get service ${formatServiceKey(key)}`;
    return this.#ask('get-service', operation, id.IPVS_CMD_GET_SERVICE, decodeServiceReply, key);
  }

  destinations(key: IpvsServiceKey): IpvsDestination[] {
    return this.#destinations(key, decodeDestination);
  }

  destinationEntries(key: IpvsServiceKey): IpvsDestinationEntry[] {
    return this.#destinations(key, decodeDestinationEntry);
  }

  daemons(): IpvsDaemon[] {
    return this.#list('list-daemons', 'list sync daemons', id.IPVS_CMD_GET_DAEMON, null, (attributes) =>
      decodeDaemon(nestOf(attributes, id.IPVS_CMD_ATTR_DAEMON, 'IPVS_CMD_ATTR_DAEMON')),
    );
  }

  timeouts(): IpvsTimeouts {
    return this.#ask('get-timeouts', 'get timeouts', id.IPVS_CMD_GET_CONFIG, decodeTimeouts);
  }

  run(request: IpvsRequest): void {
    const error = this.batch([request])[0] ?? null;
    if (error !== null) throw error;
  }

  batch(requests: readonly IpvsRequest[]): (IpvsError | null)[] {
    const results = this.#batchOnce(requests);
    // a family id that is out of date is refused with the same errno as a scheduler or server that is not there
    const doubtful = results.flatMap((error, index) => (isNotFound(error) ? [index] : []));
    if (doubtful.length > 0) this.#settle(doubtful, requests, results);
    return results.map((error, index) => {
      const request = requests[index];
      if (error === null || request === undefined) return null;
      return asIpvsError(request.command, error, describeRequest(request));
    });
  }

  close(): void {
    this.#connection.close();
  }

  #batchOnce(requests: readonly IpvsRequest[]): (Error | null)[] {
    return this.#connection.batch(netlinkRequests(this.#family, requests));
  }

  /** Runs the doubtful requests once more when the family has another id by now; without a family, that is their error. */
  #settle(doubtful: readonly number[], requests: readonly IpvsRequest[], results: (Error | null)[]): void {
    const family = resolveFamily(this.#connection, id.IPVS_GENL_NAME);
    if (family?.id === this.#family) return;
    const again = doubtful.flatMap((index) => requests[index] ?? []);
    let outcomes: readonly (Error | null)[];
    if (family === null) {
      outcomes = again.map((request) => unavailable(request.command, describeRequest(request)));
    } else {
      this.#family = family.id;
      outcomes = this.#batchOnce(again);
    }
    doubtful.forEach((index, position) => (results[index] = outcomes[position] ?? null));
  }

  #destinations<T>(
    key: IpvsServiceKey,
    decode: (attributes: AttributeReader, serviceFamily: IpvsFamily) => T,
  ): T[] {
    const operation = `list destinations of ${formatServiceKey(key)}`;
    return this.#list('list-destinations', operation, id.IPVS_CMD_GET_DEST, key, (attributes) =>
      decode(nestOf(attributes, id.IPVS_CMD_ATTR_DEST, 'IPVS_CMD_ATTR_DEST'), key.family),
    );
  }

  /** One answer. */
  #ask<T>(
    query: IpvsQuery,
    operation: string,
    command: number,
    decode: (attributes: AttributeReader) => T,
    key: IpvsServiceKey | null = null,
  ): T {
    const answers = this.#withFamily(query, (family) =>
      this.#connection.request(queryRequest(family, operation, command, key), decodeAttributes(decode)),
    );
    const answer = answers[0];
    if (answer !== undefined) return answer;
    throw new CodecError({ what: `answer to ${operation}`, offset: 0, expected: 'a message', got: 'none' });
  }

  #list<T>(
    query: IpvsQuery,
    operation: string,
    command: number,
    key: IpvsServiceKey | null,
    decode: (attributes: AttributeReader) => T,
  ): T[] {
    return this.#withFamily(query, (family) =>
      this.#connection.dump(queryRequest(family, operation, command, key), decodeAttributes(decode)),
    );
  }

  /** Runs with the family's id, and once more when it turns out that the module was loaded anew and has another. */
  #withFamily<T>(query: IpvsQuery, run: (family: number) => T): T {
    try {
      return run(this.#family);
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      if (!isNotFound(error) || !this.#familyChanged(query, error.details.operation))
        throw asIpvsError(query, error);
    }
    try {
      return run(this.#family);
    } catch (error) {
      throw error instanceof NetlinkError ? asIpvsError(query, error) : error;
    }
  }

  /** @throws IpvsError `ERR_IPVS_UNAVAILABLE` when the module is gone, as the outcome of `operation` */
  #familyChanged(query: IpvsQuery, operation: string): boolean {
    const before = this.#family;
    this.#family = findFamily(this.#connection, query, operation);
    return this.#family !== before;
  }
}

function findFamily(connection: NetlinkConnection, query: IpvsQuery, operation: string): number {
  const family = resolveFamily(connection, id.IPVS_GENL_NAME);
  if (family !== null) return family.id;
  throw unavailable(query, operation);
}

function unavailable(command: IpvsCommand | IpvsQuery, operation: string): IpvsError {
  return new IpvsError('ERR_IPVS_UNAVAILABLE', command, 'the kernel has no IPVS: load module ip_vs', {
    operation,
    errno: 'ENOENT',
    errnoNumber: 2,
    extackText: null,
    extackOffset: null,
    sequence: 0,
  });
}

/** One at a time, for thousands of them would be thousands of objects kept. */
function* netlinkRequests(family: number, requests: readonly IpvsRequest[]): Generator<NetlinkRequest> {
  for (const request of requests) yield new ChangeRequest(family, request);
}

class ChangeRequest implements NetlinkRequest {
  readonly type: number;
  readonly #request: IpvsRequest;

  constructor(type: number, request: IpvsRequest) {
    this.type = type;
    this.#request = request;
  }

  get operation(): string {
    return describeRequest(this.#request);
  }

  encode(writer: Writer): void {
    encodeRequest(writer, this.#request);
  }
}

function queryRequest(
  family: number,
  operation: string,
  command: number,
  key: IpvsServiceKey | null,
): NetlinkRequest {
  const encode = (writer: Writer): void => {
    encodeGenericHeader(writer, command, id.IPVS_GENL_VERSION);
    if (key !== null) encodeServiceKey(new AttributeWriter(writer), key);
  };
  return { operation, type: family, encode };
}

function decodeAttributes<T>(decode: (attributes: AttributeReader) => T): (message: NetlinkMessage) => T {
  return (message) => decode(decodeGenericMessage(message).attributes);
}

function decodeServiceReply(attributes: AttributeReader): IpvsService {
  return decodeService(nestOf(attributes, id.IPVS_CMD_ATTR_SERVICE, 'IPVS_CMD_ATTR_SERVICE'));
}

/** The attributes within the nest `type`, the last one of several. @throws CodecError when there is none */
function nestOf(attributes: AttributeReader, type: number, what: string): AttributeReader {
  let nest: AttributeReader | null = null;
  while (attributes.next()) if (attributes.type === type) nest = attributes.nested();
  if (nest !== null) return nest;
  throw new CodecError({ what, offset: GENL_HDRLEN, expected: 'an attribute', got: 'none' });
}

function isNotFound(error: Error | null): boolean {
  return error instanceof NetlinkError && error.details.errno === 'ENOENT';
}

/** Gives the kernel's refusal its IPVS meaning; a request that could not be encoded is invalid before it is sent. */
function asIpvsError(command: IpvsCommand | IpvsQuery, error: Error, operation = ''): IpvsError {
  if (error instanceof IpvsError) return error;
  if (!(error instanceof NetlinkError)) {
    return new IpvsError('ERR_IPVS_INVALID', command, error.message, withoutErrno(operation), {
      cause: error,
    });
  }
  const { errno } = error.details;
  const code = errno === null ? 'ERR_IPVS_UNKNOWN_OUTCOME' : ipvsErrorCode(command, errno);
  return new IpvsError(code, command, error.reason, error.details, { cause: error });
}
