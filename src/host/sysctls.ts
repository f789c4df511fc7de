/**
 * Compares kernel settings with the advice, sets them, and puts old values back. What they mean is in sysctl-advice.ts.
 *
 * Files are read and written by synchronous calls, so it is the network namespace of the calling thread that counts.
 */
import { closeSync, constants, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Severity, SysctlAdvice } from './sysctl-advice.js';

export { adviseSysctls } from './sysctl-advice.js';
export type { Severity, SysctlAdvice, SysctlFacts, SysctlWishes } from './sysctl-advice.js';

/** Settings by path below /proc/sys. */
export interface SysctlFiles {
  /** The text without white space around it, or null where there is no such setting or it cannot be read. */
  read(path: string): string | null;
  /** @throws Error of `node:fs` */
  write(path: string, text: string): void;
  /** Names in a folder; none where there is no such folder. */
  list(folder: string): readonly string[];
}

/** One setting that is not as advised. Plain values. */
export interface SysctlDeviation {
  readonly path: string;
  /** Null: this kernel, or this moment (module not loaded), does not have it. */
  readonly is: string | null;
  readonly want: string;
  readonly reason: string;
  readonly severity: Severity;
  readonly asked: boolean;
  /** A command that cures it. */
  readonly cure: string;
}

/** A setting that was changed, for state_dir. */
export interface SysctlChange {
  readonly path: string;
  readonly old: string;
  readonly now: string;
}

export interface SysctlFailure {
  readonly path: string;
  /** `set net.ipv4.ip_forward to 1: EACCES`. */
  readonly message: string;
}

export interface SysctlResult {
  /** All that is in force and not yet put back, in the order in which it was set. */
  readonly changes: readonly SysctlChange[];
  readonly failures: readonly SysctlFailure[];
}

/** The running kernel's. */
export const procSysctls: SysctlFiles = {
  read(path) {
    try {
      return readFileSync(join('/proc/sys', path), 'latin1').trim();
    } catch {
      return null;
    }
  },
  write(path, text) {
    const fd = openSync(join('/proc/sys', path), constants.O_WRONLY);
    try {
      writeSync(fd, `${text}\n`);
    } finally {
      closeSync(fd);
    }
  },
  list(folder) {
    try {
      return readdirSync(join('/proc/sys', folder)).sort();
    } catch {
      return [];
    }
  },
};

/** Gives what is not as advised, in the order of the advice. Never throws. */
export function checkSysctls(
  advised: readonly SysctlAdvice[],
  files: SysctlFiles = procSysctls,
): SysctlDeviation[] {
  return advised.flatMap((advice) => {
    const is = files.read(advice.path);
    if (is !== null && isGood(advice, is, files)) return [];
    const { path, want, reason, severity, asked } = advice;
    return [{ path, is, want: String(want), reason, severity, asked, cure: cureOf(path, String(want)) }];
  });
}

function isGood({ want, alsoGood, orLarger }: SysctlAdvice, is: string, files: SysctlFiles): boolean {
  const other = orLarger === null ? null : files.read(orLarger);
  const inForce = other === null ? Number(is) : Math.max(Number(is), Number(other));
  return inForce === want || alsoGood.includes(inForce);
}

/** One line for a log: "net.ipv4.ip_forward is 0, not 1. NAT: ...; cure: sysctl -w net.ipv4.ip_forward=1". */
export function describeDeviation({ path, is, want, reason, cure }: SysctlDeviation): string {
  const state = is === null ? `does not exist, should be ${want}` : `is ${is}, should be ${want}`;
  return `sysctl ${sysctlName(path)} ${state}: ${reason}; cure: ${cure}`;
}

/**
 * Sets what is not as advised.
 *
 * `record` is what earlier calls gave, from state_dir: what is not advised any more is put back, of what is changed again the
 * first old value is kept. What the kernel changes by itself along with ip_forward is recorded too. A setting that does not
 * exist is a failure; the others are set all the same. Never throws.
 */
export function setSysctls(
  advised: readonly SysctlAdvice[],
  record: readonly SysctlChange[] = [],
  files: SysctlFiles = procSysctls,
): SysctlResult {
  const wanted = new Set(advised.map(({ path }) => path));
  const [kept, dropped] = partition(record, (change) => stays(change.path, wanted));
  const restored = restoreSysctls(dropped, files);
  const changes = [...kept];
  const failures = [...restored.failures];
  for (const { path, want } of checkSysctls(advised, files)) {
    const before = followersOf(path, files);
    const old = files.read(path);
    const failure = old === null ? missing(path, want) : attempt(path, want, files);
    if (failure !== null) failures.push(failure);
    if (failure !== null || old === null) continue;
    note(changes, { path, old, now: files.read(path) ?? want });
    for (const [follower, value] of before) {
      const now = files.read(follower);
      if (now !== null && now !== value) note(changes, { path: follower, old: value, now });
    }
  }
  return { changes: [...changes, ...restored.changes], failures };
}

/**
 * Puts old values back, in the order in which they were changed. A setting that somebody else has changed since stays as it is,
 * and so does one that is gone.
 *
 * @returns what could not be put back as `changes`, and why as `failures`. Never throws.
 */
export function restoreSysctls(
  record: readonly SysctlChange[],
  files: SysctlFiles = procSysctls,
): SysctlResult {
  // Judged before anything is written: ip_forward takes its followers with it.
  const ours = record.filter(({ path, now }) => files.read(path) === now);
  const changes: SysctlChange[] = [];
  const failures: SysctlFailure[] = [];
  for (const change of ours) {
    const followers = followersOf(change.path, files);
    const failure = attempt(change.path, change.old, files);
    for (const [follower, value] of followers) {
      if (files.read(follower) !== value) attempt(follower, value, files);
    }
    if (failure === null) continue;
    changes.push(change);
    failures.push(failure);
  }
  return { changes, failures };
}

/** `net.ipv4.conf.eth0.rp_filter`; with slashes where a part has a dot of its own, which sysctl(8) takes as well. */
export function sysctlName(path: string): string {
  return path.includes('.') ? path : path.replaceAll('/', '.');
}

/** The command that sets it. */
export function cureOf(path: string, want: string): string {
  return `sysctl -w ${sysctlName(path)}=${want}`;
}

const FORWARD = 'net/ipv4/ip_forward';
const FORWARD6 = 'net/ipv6/conf/all/forwarding';

/**
 * What the kernel sets along with a setting, with the values before. `conf/all/forwarding` is ip_forward itself.
 *
 * @see net/ipv4/devinet.c (inet_forward_change), net/ipv6/addrconf.c (addrconf_forward_change)
 */
function followersOf(path: string, files: SysctlFiles): Map<string, string> {
  const names =
    path === FORWARD
      ? of('net/ipv4/conf', ['forwarding', 'accept_redirects'])
      : path === FORWARD6
        ? of('net/ipv6/conf', ['forwarding'])
        : [];
  const values = names.map((name) => [name, files.read(name)] as const);
  return new Map(values.filter((entry): entry is [string, string] => entry[1] !== null));

  function of(folder: string, settings: readonly string[]): string[] {
    return files
      .list(folder)
      .flatMap((name) => settings.map((setting) => `${folder}/${name}/${setting}`))
      .filter((name) => !name.endsWith('/all/forwarding'));
  }
}

/** Whether a recorded change is still wanted; a follower stays as long as its leader. */
function stays(path: string, wanted: ReadonlySet<string>): boolean {
  if (wanted.has(path)) return true;
  if (/^net\/ipv4\/conf\/.*\/(forwarding|accept_redirects)$/.test(path)) return wanted.has(FORWARD);
  return /^net\/ipv6\/conf\/.*\/forwarding$/.test(path) && wanted.has(FORWARD6);
}

/** The oldest value is what was there before lvsd. */
function note(changes: SysctlChange[], change: SysctlChange): void {
  const known = changes.findIndex(({ path }) => path === change.path);
  const former = changes[known];
  if (former === undefined) changes.push(change);
  else changes[known] = { ...change, old: former.old };
}

function attempt(path: string, value: string, files: SysctlFiles): SysctlFailure | null {
  try {
    files.write(path, value);
    return null;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return { path, message: `set ${sysctlName(path)} to ${value}: ${reason}` };
  }
}

function missing(path: string, want: string): SysctlFailure {
  const reason = path.startsWith('net/ipv4/vs/')
    ? 'there is no such setting; is the module ip_vs loaded?'
    : 'there is no such setting';
  return { path, message: `set ${sysctlName(path)} to ${want}: ${reason}` };
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
