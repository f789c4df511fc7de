/**
 * What one director tells another on a heartbeat line, as bytes, and what is wrong with those of others. Pure.
 *
 * No RFC has it: a packet of protocol 112 of a type that routers of VRRP pass over, told to one address alone. Unlike an
 * advertisement it is said in every state, so that its absence means something at any time.
 *
 * Shape, big-endian:
 * [u8 0x3f: version 3, type 15 | u8 vrid | u8 priority | u8 format | u8 state | u8 flags | u16 checksum]
 * [u32 "lvsd" | u16 interval in cs | u16 zero][4 or 16 B source, zeros for none]
 *
 * The checksum covers the addresses of the path, too. Bytes behind it are covered by the checksum and else ignored: a later
 * version may have more to say.
 */
import { addressBytes, encodeAddress, formatAddress, type AddressFamily } from '../inet/address.js';
import { CodecError } from '../netlink/errors.js';
import { fold, pseudoHeaderSum, sumOf } from './checksum.js';
import { VRRP_HOP_LIMIT, type ReceivedPath, type VrrpPath } from './packet.js';

/** In the order of their numbers on the wire. */
export const helloStates = ['initialize', 'backup', 'active', 'fault'] as const;
export type HelloState = (typeof helloStates)[number];

/** What a director says of one instance. */
export interface Hello {
  /** 1..255 */
  readonly vrid: number;
  /** With which it stands for election now; 0 = it leaves the addresses to others. */
  readonly priority: number;
  readonly state: HelloState;
  /** Of its hellos and its advertisements: whole centiseconds, 10..655350, in ms. */
  readonly advertiseMs: number;
  /**
   * From which it advertises on the instance's own interface, canonical text: equal priorities are decided by it. null =
   * it has none at the moment; not while it is active.
   */
  readonly source: string | null;
  /** Its table of services is in the data plane. */
  readonly programmed: boolean;
  /** It ends: nothing more will be heard of it. */
  readonly leaving: boolean;
  /** It does not hear, on the instance's own interface, the advertisements of the one that this is said to. */
  readonly deaf: boolean;
}

/** Why a packet is no hello, whoever it is for, in the order in which it is looked at. */
export const helloDropReasons = [
  /** TTL or hop limit is not 255: it came over a router, or pretends. */
  'hello-hop-limit',
  /** It ends before its source does. */
  'hello-too-short',
  'hello-checksum',
  /** Of another version of lvsd, which says it otherwise. */
  'hello-format',
  /** VRID 0, which nobody may have. */
  'hello-zero-vrid',
  /** A number that is no state. */
  'hello-state',
  /** An interval of 0, after which every line would be silent at once. */
  'hello-zero-interval',
  /** Active, and without an address to be compared by. */
  'hello-source',
] as const;
export type HelloDropReason = (typeof helloDropReasons)[number];

/** A packet that is not to be looked at any further. */
export interface HelloDrop {
  readonly drop: HelloDropReason;
}

const FIRST_BYTE = 0x3f;
const FORMAT = 1;
const MAGIC = [0x6c, 0x76, 0x73, 0x64] as const;
const MAGIC_AT = 8;
const INTERVAL_AT = 12;
const SOURCE_AT = 16;
const INTERVAL_UNIT_MS = 10;
const LONGEST_INTERVAL = 0xffff;
const PROGRAMMED = 0x01;
const LEAVING = 0x02;
const DEAF = 0x04;

/** One of each, for a drop allocates nothing. */
const drops = Object.fromEntries(
  helloDropReasons.map((reason) => [reason, Object.freeze({ drop: reason })]),
) as Readonly<Record<HelloDropReason, HelloDrop>>;

/**
 * Gives the bytes behind the IP header. Encode once and send often: nothing in them changes with time.
 *
 * @throws CodecError when a value does not fit, or an address is none of the family
 */
export function encodeHello(hello: Hello, path: VrrpPath): Uint8Array {
  const { family } = path;
  const interval = hello.advertiseMs / INTERVAL_UNIT_MS;
  requireWhole('VRID', hello.vrid, 1, 0xff);
  requireWhole('priority', hello.priority, 0, 0xff);
  requireWhole(`interval in units of ${INTERVAL_UNIT_MS} ms`, interval, 1, LONGEST_INTERVAL);
  const bytes = new Uint8Array(new ArrayBuffer(SOURCE_AT + addressBytes(family)));
  bytes[0] = FIRST_BYTE;
  bytes[1] = hello.vrid;
  bytes[2] = hello.priority;
  bytes[3] = FORMAT;
  bytes[4] = helloStates.indexOf(hello.state);
  bytes[5] = flagsOf(hello);
  bytes.set(MAGIC, MAGIC_AT);
  bytes[INTERVAL_AT] = interval >>> 8;
  bytes[INTERVAL_AT + 1] = interval & 0xff;
  if (hello.source !== null) encodeAddress(hello.source, family, bytes, SOURCE_AT);
  const sum = ~fold(sumOf(bytes, 0) + pseudoHeaderSum(path, bytes.length)) & 0xffff;
  bytes[6] = sum >>> 8;
  bytes[7] = sum & 0xff;
  return bytes;
}

/** Whether what came behind an IP header means to be a hello, so that it is none of the advertisements. Never throws. */
export function isHello(bytes: Uint8Array): boolean {
  if (bytes[0] !== FIRST_BYTE) return false;
  for (let index = 0; index < MAGIC.length; index++)
    if (bytes[MAGIC_AT + index] !== MAGIC[index]) return false;
  return true;
}

/**
 * Reads what `isHello`.
 *
 * Nothing of the result is a view of `bytes`. Never throws, whatever the bytes, as long as the addresses of the path are some.
 */
export function decodeHello(bytes: Uint8Array, path: ReceivedPath): Hello | HelloDrop {
  if (path.hopLimit !== VRRP_HOP_LIMIT) return drops['hello-hop-limit'];
  if (bytes.length < SOURCE_AT + addressBytes(path.family)) return drops['hello-too-short'];
  if (fold(sumOf(bytes, 0) + pseudoHeaderSum(path, bytes.length)) !== 0xffff) return drops['hello-checksum'];
  if (byteAt(bytes, 3) !== FORMAT) return drops['hello-format'];
  const vrid = byteAt(bytes, 1);
  if (vrid === 0) return drops['hello-zero-vrid'];
  const state = helloStates[byteAt(bytes, 4)];
  if (state === undefined) return drops['hello-state'];
  const interval = (byteAt(bytes, INTERVAL_AT) << 8) | byteAt(bytes, INTERVAL_AT + 1);
  if (interval === 0) return drops['hello-zero-interval'];
  const source = readSource(bytes, path.family);
  if (source === null && state === 'active') return drops['hello-source'];
  const flags = byteAt(bytes, 5);
  return {
    vrid,
    priority: byteAt(bytes, 2),
    state,
    advertiseMs: interval * INTERVAL_UNIT_MS,
    source,
    programmed: (flags & PROGRAMMED) !== 0,
    leaving: (flags & LEAVING) !== 0,
    deaf: (flags & DEAF) !== 0,
  };
}

/** Whether what `decodeHello` gave is a reason to pass the packet over. */
export function isHelloDrop(decoded: Hello | HelloDrop): decoded is HelloDrop {
  return 'drop' in decoded;
}

function flagsOf({ programmed, leaving, deaf }: Hello): number {
  return (programmed ? PROGRAMMED : 0) | (leaving ? LEAVING : 0) | (deaf ? DEAF : 0);
}

function readSource(bytes: Uint8Array, family: AddressFamily): string | null {
  const end = SOURCE_AT + addressBytes(family);
  for (let offset = SOURCE_AT; offset < end; offset++)
    if (bytes[offset] !== 0) return formatAddress(bytes, SOURCE_AT, family);
  return null;
}

function byteAt(bytes: Uint8Array, offset: number): number {
  return bytes[offset] ?? 0;
}

function requireWhole(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new CodecError({ what: `hello ${what}`, offset: 0, expected: `${least}..${most}`, got: `${value}` });
}
