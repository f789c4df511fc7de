/** Every decoder of netlink bytes, and what encodes its results again. */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { decodeFamily } from '../../native/genetlink/family.js';
import { decodeGenericMessage } from '../../native/genetlink/message.js';
import {
  decodeDaemon,
  decodeInfo,
  decodeTimeouts,
  encodeDaemon,
  encodeTimeouts,
} from '../../native/ipvs/daemon-codec.js';
import {
  decodeDestination,
  decodeDestinationEntry,
  encodeDestination,
} from '../../native/ipvs/destination-codec.js';
import { decodeService, decodeServiceEntry, encodeService } from '../../native/ipvs/service-codec.js';
import { AttributeReader, AttributeWriter } from '../../native/netlink/attribute.js';
import { decodeDone, decodeErrorReply, type NetlinkMessage } from '../../native/netlink/message.js';
import { Reader } from '../../native/netlink/reader.js';
import { Writer } from '../../native/netlink/writer.js';
import { decodeAddress } from '../../native/rtnetlink/address-codec.js';
import { decodeLink } from '../../native/rtnetlink/link-codec.js';
import { decodeNotice } from '../../native/rtnetlink/notices.js';
import { decodeRoute } from '../../native/rtnetlink/route-codec.js';
import type { Kind } from './corpus.js';

export type DecoderName =
  Exclude<Kind, 'family'> | 'families' | 'service entry' | 'destination entry' | 'notice';

export type Decoder = (message: NetlinkMessage) => unknown;

/** The attributes in the nest of this type; without one, those at the top. */
function nest(message: NetlinkMessage, type: number): AttributeReader {
  const { attributes } = decodeGenericMessage(message);
  while (attributes.next()) if (attributes.type === type) return attributes.nested();
  return decodeGenericMessage(message).attributes;
}

export const decoders: Readonly<Record<DecoderName, Decoder>> = {
  error: decodeErrorReply,
  done: decodeDone,
  families: decodeFamily,
  service: (message) => decodeService(nest(message, 1)),
  'service entry': (message) =>
    again(decodeServiceEntry(nest(message, 1)), encodeService, decodeServiceEntry),
  destination: (message) => decodeDestination(nest(message, 2), 'ipv6'),
  'destination entry': (message) => {
    const { activeConnections, inactiveConnections, persistentConnections, ...settings } =
      decodeDestinationEntry(nest(message, 2), 'ipv4');
    const counts = { activeConnections, inactiveConnections, persistentConnections };
    return { ...again(settings, encodeDestination, (read) => withoutCounts(read)), ...counts };
  },
  daemon: (message) => again(decodeDaemon(nest(message, 3)), encodeDaemon, decodeDaemon),
  timeouts: (message) => {
    const timeouts = decodeTimeouts(decodeGenericMessage(message).attributes);
    const writer = new Writer(64);
    encodeTimeouts(new AttributeWriter(writer), timeouts);
    assertSame(decodeTimeouts(readerOf(writer.finish())), timeouts);
    return timeouts;
  },
  info: (message) => decodeInfo(decodeGenericMessage(message).attributes),
  address: decodeAddress,
  link: decodeLink,
  route: decodeRoute,
  notice: decodeNotice,
};

/** Those that are made for a kind of message. */
export const decodersOf: Readonly<Record<Kind, readonly DecoderName[]>> = {
  error: ['error'],
  done: ['done'],
  family: ['families'],
  service: ['service', 'service entry'],
  destination: ['destination', 'destination entry'],
  daemon: ['daemon'],
  timeouts: ['timeouts'],
  info: ['info'],
  address: ['address', 'notice'],
  link: ['link', 'notice'],
  route: ['route'],
};

export const decoderNames = Object.keys(decoders) as DecoderName[];

/** A comparison that is fast where it holds. */
function assertSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) assert.deepEqual(actual, expected);
}

function readerOf(bytes: Uint8Array): AttributeReader {
  return new AttributeReader(new Reader(bytes), 0, bytes.length);
}

/** What was decoded, after it was encoded and decoded once more to the same. */
function again<T>(
  value: T,
  encode: (attributes: AttributeWriter, value: T) => void,
  decode: (attributes: AttributeReader) => T,
): T {
  const writer = new Writer(256);
  encode(new AttributeWriter(writer), value);
  const attributes = readerOf(writer.finish());
  assert.ok(attributes.next());
  assertSame(decode(attributes.nested()), value);
  return value;
}

/** A server that was encoded has no counts, which the decoder demands: they are put behind it. */
function withoutCounts(attributes: AttributeReader): Omit<ReturnType<typeof decodeDestinationEntry>, Counts> {
  const writer = new Writer(256);
  const all = new AttributeWriter(writer);
  while (attributes.next()) all.bytes(attributes.type, attributes.bytes('attribute'), 'attribute');
  for (const count of [7, 8, 9]) all.u32(count, 0, 'count');
  const {
    activeConnections: _,
    inactiveConnections: __,
    persistentConnections: ___,
    ...settings
  } = decodeDestinationEntry(readerOf(writer.finish()), 'ipv4');
  return settings;
}

type Counts = 'activeConnections' | 'inactiveConnections' | 'persistentConnections';
