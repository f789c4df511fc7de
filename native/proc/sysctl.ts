/** The settings of IPVS under /proc/sys/net/ipv4/vs: every network namespace has its own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CodecError } from '../netlink/errors.js';
import { readText, readTextIfThere, writeText } from './file.js';

/**
 * Settings that are one number. Not every kernel has every one: `run_estimation` came with 5.17, `est_nice` with 6.2,
 * `lblc_expiration` comes with its scheduler's module, `debug_level` with a kernel built for debugging.
 *
 * @see Documentation/networking/ipvs-sysctl.rst
 */
export const ipvsNumberSysctls = [
  'am_droprate',
  'amemthresh',
  'backup_only',
  'cache_bypass',
  'conn_reuse_mode',
  'conntrack',
  'debug_level',
  'drop_entry',
  'drop_packet',
  'est_nice',
  'expire_nodest_conn',
  'expire_quiescent_template',
  'ignore_tunneled',
  'lblc_expiration',
  'lblcr_expiration',
  'nat_icmp_send',
  'pmtu_disc',
  'run_estimation',
  'schedule_icmp',
  'secure_tcp',
  'sloppy_sctp',
  'sloppy_tcp',
  'snat_reroute',
  'sync_persist_mode',
  'sync_ports',
  'sync_qlen_max',
  'sync_refresh_period',
  'sync_retries',
  'sync_sock_size',
  'sync_version',
] as const;

/** Every setting: the numbers, the two numbers of `sync_threshold`, and the list of processors `est_cpulist`. */
export const ipvsSysctls = [...ipvsNumberSysctls, 'est_cpulist', 'sync_threshold'] as const;

export type IpvsSysctl = (typeof ipvsSysctls)[number];

/** What a setting holds. `sync_threshold` is packets before the first message, and packets between two of them. */
export type IpvsSysctlValue<Name extends IpvsSysctl = IpvsSysctl> = Name extends 'est_cpulist'
  ? string
  : Name extends 'sync_threshold'
    ? readonly [first: number, period: number]
    : number;

export type IpvsSysctlValues = { readonly [Name in IpvsSysctl]?: IpvsSysctlValue<Name> };

const defaultFolder = '/proc/sys/net/ipv4/vs';

/**
 * Gives one setting.
 *
 * @throws SyscallError `ENOENT` where ip_vs is not loaded or this kernel lacks the setting
 * @throws CodecError when the file holds no number where one is due, and for a name that is no setting
 */
export function readIpvsSysctl<Name extends IpvsSysctl>(
  name: Name,
  folder = defaultFolder,
): IpvsSysctlValue<Name> {
  const path = pathOf(name, folder);
  return parseValue(name, readText(path), path);
}

/**
 * Gives every setting that this kernel has.
 *
 * @throws SyscallError `ENOENT` where ip_vs is not loaded
 * @throws CodecError when a file holds no number where one is due
 */
export function readIpvsSysctls(folder = defaultFolder): IpvsSysctlValues {
  if (!existsSync(folder)) readText(folder);
  const values: Partial<Record<IpvsSysctl, IpvsSysctlValue>> = {};
  for (const name of ipvsSysctls) {
    const path = join(folder, name);
    const text = readTextIfThere(path);
    if (text !== null) values[name] = parseValue(name, text, path);
  }
  return values as IpvsSysctlValues;
}

/**
 * Changes one setting. What the kernel made of it (it rounds some) tells `readIpvsSysctl`.
 *
 * @throws SyscallError `EINVAL` for a value that the kernel refuses, `EACCES` or `EPERM` without the right to change it,
 *   `ENOENT` where there is no such setting
 * @throws CodecError for a name that is not one of `ipvsSysctls`; nothing is written
 */
export function writeIpvsSysctl<Name extends IpvsSysctl>(
  name: Name,
  value: IpvsSysctlValue<Name>,
  folder = defaultFolder,
): void {
  const words: readonly (string | number)[] = Array.isArray(value)
    ? (value as number[])
    : [value as string | number];
  writeText(pathOf(name, folder), `${words.join(' ')}\n`);
}

/** A name that came from outside must not lead to another file. */
function pathOf(name: string, folder: string): string {
  if ((ipvsSysctls as readonly string[]).includes(name)) return join(folder, name);
  const got = JSON.stringify(name);
  throw new CodecError({ what: 'setting of IPVS', offset: 0, expected: 'one of ipvsSysctls', got });
}

function parseValue<Name extends IpvsSysctl>(name: Name, text: string, path: string): IpvsSysctlValue<Name> {
  return parseText(name, text.trimEnd(), path) as IpvsSysctlValue<Name>;
}

function parseText(name: IpvsSysctl, text: string, path: string): IpvsSysctlValue {
  if (name === 'est_cpulist') return text;
  const numbers = text.split(/[\t ]+/).map((word) => parseNumber(word, text, path));
  const [first, second] = numbers;
  if (name === 'sync_threshold' && numbers.length === 2 && first !== undefined && second !== undefined) {
    return [first, second];
  }
  if (name !== 'sync_threshold' && numbers.length === 1 && first !== undefined) return first;
  throw notThese(name === 'sync_threshold' ? 'two numbers' : 'one number', text, path);
}

function parseNumber(word: string, text: string, path: string): number {
  const value = Number(word);
  if (!/^-?\d+$/.test(word) || !Number.isSafeInteger(value)) throw notThese('a number', text, path);
  return value;
}

function notThese(expected: string, text: string, path: string): CodecError {
  return new CodecError({ what: path, offset: 0, expected, got: JSON.stringify(text) });
}
