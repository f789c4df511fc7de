/** Datagrams as hexadecimal lines that a person can read: one line a header or attribute, with its name behind `;`. */
import * as ids from '../../../native/ipvs/constants.js';
import * as family from '../../../native/genetlink/family.js';
import { errnoName } from '../../../native/libc/errno.js';
import * as netlink from '../../../native/netlink/constants.js';
import { hexOf, hostIsLittleEndian, readMessages } from '../../support/scripted-messages.js';
import type { SeenMessage } from '../../support/scripted-messages.js';

/** How the note shows a value. */
type Kind = 'number' | 'text' | 'port' | 'bytes';

interface Schema {
  /** Names begin with this in the C headers, which notes leave out. */
  readonly names: ReadonlyMap<number, string>;
  readonly kinds?: Readonly<Record<string, Kind>>;
  readonly nests?: Readonly<Record<string, Schema>>;
}

function namesWith(prefix: string, constants: object): ReadonlyMap<number, string> {
  const entries = Object.entries(constants) as [string, unknown][];
  const named = entries.filter(([name, id]) => name.startsWith(prefix) && typeof id === 'number');
  return new Map(named.map(([name, id]) => [id as number, name.slice(prefix.length)]));
}

const stats: Schema = { names: namesWith('IPVS_STATS_ATTR_', ids) };
const statsNests = { STATS: stats, STATS64: stats };
const service: Schema = {
  names: namesWith('IPVS_SVC_ATTR_', ids),
  kinds: {
    ADDR: 'bytes',
    PORT: 'port',
    SCHED_NAME: 'text',
    PE_NAME: 'text',
    NETMASK: 'bytes',
    FLAGS: 'bytes',
  },
  nests: statsNests,
};
const destination: Schema = {
  names: namesWith('IPVS_DEST_ATTR_', ids),
  kinds: { ADDR: 'bytes', PORT: 'port', TUN_PORT: 'port' },
  nests: statsNests,
};
const daemon: Schema = {
  names: namesWith('IPVS_DAEMON_ATTR_', ids),
  kinds: { MCAST_IFN: 'text', MCAST_GROUP: 'bytes', MCAST_GROUP6: 'bytes' },
};
const ipvs: Schema = {
  names: namesWith('IPVS_CMD_ATTR_', ids),
  nests: { SERVICE: service, DEST: destination, DAEMON: daemon },
};
const info: Schema = { names: namesWith('IPVS_INFO_ATTR_', ids) };

const operation: Schema = { names: namesWith('CTRL_ATTR_OP_', family) };
const operations: Schema = { names: new Map(), nests: { '': operation } };
const control: Schema = {
  names: namesWith('CTRL_ATTR_', {
    ...family,
    CTRL_ATTR_HDRSIZE: 4,
    CTRL_ATTR_OP_ID: null,
    CTRL_ATTR_OP_FLAGS: null,
    CTRL_ATTR_MCAST_GRP_NAME: null,
    CTRL_ATTR_MCAST_GRP_ID: null,
  }),
  kinds: { FAMILY_NAME: 'text' },
  nests: { OPS: operations },
};
const extack: Schema = {
  names: new Map([
    ...namesWith('NLMSGERR_ATTR_', netlink),
    [4, 'POLICY'],
    [5, 'MISS_TYPE'],
    [6, 'MISS_NEST'],
  ]),
  kinds: { MSG: 'text', POLICY: 'bytes' },
};

const commands = namesWith('IPVS_CMD_', { ...ids, ...without(ids, 'IPVS_CMD_ATTR_') });
const controlCommands = namesWith('CTRL_CMD_', family);
const flagNames = namesWith('NLM_F_', netlink);

/** The constants whose names begin so, blanked out. */
function without(constants: object, prefix: string): Record<string, null> {
  return Object.fromEntries(
    Object.keys(constants)
      .filter((name) => name.startsWith(prefix))
      .map((name) => [name, null]),
  );
}

const noteColumn = 56;
const indent = '  ';

function line(depth: number, groups: readonly string[], note: string): string {
  const bytes = `${indent.repeat(depth)}${groups.join(' ')}`;
  return `${bytes.padEnd(noteColumn)} ; ${note}`;
}

/** Groups of four bytes. */
function words(bytes: Uint8Array): string[] {
  return hexOf(bytes).match(/.{1,8}/g) ?? [];
}

/** 16 bytes a line, for what has no structure. */
function plain(bytes: Uint8Array, depth: number, note: string): string[] {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += 16) {
    lines.push(line(depth, words(bytes.subarray(offset, offset + 16)), offset === 0 ? note : ''));
  }
  return lines.map((text) => text.replace(/ ; $/, '').trimEnd());
}

/** The datagram's lines, without the mark of its direction. */
export function annotate(datagram: Uint8Array): string[] {
  return readMessages(datagram).flatMap((message) => [...messageLines(message), ...padding(message)]);
}

function padding({ bytes }: SeenMessage): string[] {
  const missing = (4 - (bytes.length % 4)) % 4;
  return missing === 0 ? [] : [line(1, ['00'.repeat(missing)], 'padding')];
}

function messageLines(message: SeenMessage): string[] {
  const lines = [headerLine(message)];
  switch (message.type) {
    case netlink.NLMSG_NOOP:
      return lines;
    case netlink.NLMSG_ERROR:
      return [...lines, ...errorLines(message)];
    case netlink.NLMSG_DONE:
      return [...lines, errnoLine(message.payload), ...plain(message.payload.subarray(4), 1, '')];
    default:
      return [...lines, ...genericLines(message)];
  }
}

function headerLine({ bytes, type, flags, sequence }: SeenMessage): string {
  const names: Readonly<Record<number, string>> = { 1: 'NOOP', 2: 'ERROR', 3: 'DONE', 16: 'CTRL' };
  const note = [
    `${bytes.length} bytes`,
    names[type] ?? 'IPVS',
    ...flagWords(type, flags),
    `sequence ${sequence}`,
  ];
  return line(0, headerGroups(bytes), note.join(', '));
}

function headerGroups(bytes: Uint8Array): string[] {
  const ends = [0, 4, 6, 8, 12, 16];
  return ends.slice(1).map((end, index) => hexOf(bytes.subarray(ends[index], end)));
}

/** The upper flags mean one thing in requests, another in errors. */
function flagWords(type: number, flags: number): string[] {
  const upper: readonly (readonly [number, string])[] =
    type === netlink.NLMSG_ERROR || type === netlink.NLMSG_DONE
      ? [
          [netlink.NLM_F_CAPPED, 'CAPPED'],
          [netlink.NLM_F_ACK_TLVS, 'ACK_TLVS'],
        ]
      : [[netlink.NLM_F_DUMP, 'DUMP']];
  const lower = [1, 2, 4, 8, 16].map((bit) => [bit, flagNames.get(bit) ?? ''] as const);
  return [...lower, ...upper].flatMap(([bit, name]) => ((flags & bit) === bit ? [name] : []));
}

function errnoLine(payload: Uint8Array): string {
  const errno = -view(payload).getInt32(0, hostIsLittleEndian);
  return line(1, words(payload.subarray(0, 4)), errno === 0 ? 'no error' : errnoName(errno));
}

function errorLines({ payload, flags }: SeenMessage): string[] {
  const requestBytes = (flags & netlink.NLM_F_CAPPED) !== 0 ? 16 : payload.length - 4;
  const request = payload.subarray(4, 4 + requestBytes);
  return [
    errnoLine(payload),
    line(1, headerGroups(request), 'header of the request'),
    ...plain(request.subarray(16), 1, 'its payload'),
    ...attributeLines(payload.subarray(4 + requestBytes), extack, 1),
  ];
}

function genericLines({ type, payload }: SeenMessage): string[] {
  const isControl = type === family.GENL_ID_CTRL;
  const command = payload[0] ?? 0;
  const name = (isControl ? controlCommands : commands).get(command) ?? `command ${command}`;
  const schema = isControl ? control : command === ids.IPVS_CMD_SET_INFO ? info : ipvs;
  const groups = [payload.subarray(0, 1), payload.subarray(1, 2), payload.subarray(2, 4)].map(hexOf);
  return [line(1, groups, name), ...attributeLines(payload.subarray(4), schema, 1)];
}

function attributeLines(bytes: Uint8Array, schema: Schema, depth: number): string[] {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const rest = bytes.subarray(offset);
    const length = rest.length < 4 ? 0 : view(rest).getUint16(0, hostIsLittleEndian);
    if (length < 4 || length > rest.length) return [...lines, ...plain(rest, depth, 'malformed')];
    const end = Math.min(Math.ceil(length / 4) * 4, rest.length);
    lines.push(...oneAttribute(rest.subarray(0, end), length, schema, depth));
    offset += end;
  }
  return lines;
}

/** @param bytes with the padding */
function oneAttribute(bytes: Uint8Array, length: number, schema: Schema, depth: number): string[] {
  const id = view(bytes).getUint16(2, hostIsLittleEndian) & netlink.NLA_TYPE_MASK;
  const name = schema.names.get(id) ?? `${id}`;
  const header = [hexOf(bytes.subarray(0, 2)), hexOf(bytes.subarray(2, 4))];
  const nest = schema.nests?.[name] ?? schema.nests?.[''];
  const value = bytes.subarray(4, length);
  if (nest !== undefined && value.length >= 4) {
    return [line(depth, header, name), ...attributeLines(bytes.subarray(4), nest, depth + 1)];
  }
  const groups = [...header, ...words(value)];
  if (bytes.length > length) groups.push(hexOf(bytes.subarray(length)));
  const shown = showValue(value, schema.kinds?.[name] ?? 'number');
  return [line(depth, groups, shown === '' ? name : `${name} ${shown}`)];
}

function showValue(value: Uint8Array, kind: Kind): string {
  const numbers = view(value);
  if (kind === 'text') return Buffer.from(value).toString().replace(/\0$/, '');
  if (kind === 'port' && value.length === 2) return `${numbers.getUint16(0, false)}`;
  if (kind !== 'number') return '';
  switch (value.length) {
    case 1:
      return `${numbers.getUint8(0)}`;
    case 2:
      return `${numbers.getUint16(0, hostIsLittleEndian)}`;
    case 4:
      return `${numbers.getUint32(0, hostIsLittleEndian)}`;
    case 8:
      return `${numbers.getBigUint64(0, hostIsLittleEndian)}`;
    default:
      return '';
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
