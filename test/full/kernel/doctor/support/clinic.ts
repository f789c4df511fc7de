/** Breaks a network of the lab, shows that packets do not pass, and cures it with the very lines that lvsd doctor prints. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { realClock } from '../../../../../src/base/clock.js';
import { doctorView } from '../../../../../src/cli/doctor-view.js';
import { diagnose, type Diagnosis } from '../../../../../src/host/doctor/doctor.js';
import { withHost } from '../../../../../src/host/doctor/host-view.js';
import type { Level } from '../../../../../src/host/doctor/types.js';
import { loadText } from '../../../../support/config-text.js';
import type { Target } from '../../../../kernel/lab/answers.js';
import { names, type AskOptions } from '../../../../kernel/lab/clients.js';
import { configText, program, type ServiceEntry } from '../../../../kernel/lab/director.js';
import type { Lab, LabDirector, LabHost } from '../../../../kernel/lab/lab.js';

const root = process.cwd();

/** What `lvsd doctor` finds on a director. */
export async function examine(services: readonly ServiceEntry[], director: LabDirector): Promise<Diagnosis> {
  const { model } = await loadText(configText(services));
  return director.namespace.within(() => withHost(realClock.wallMs(), (host) => diagnose(host, model)));
}

/** `fault sysctls net.ipv4.ip_forward`. */
export function titles({ findings }: Diagnosis, ...levels: readonly Level[]): string[] {
  return findings
    .filter(({ level }) => levels.includes(level))
    .map(({ level, check, subject }) => `${level} ${check} ${subject}`.trimEnd());
}

/** Commands of one cure, and the host that they are for: `here`, or a server's address. */
interface PrintedCure {
  readonly on: string;
  readonly commands: string[];
}

/** Reads the cures of one finding out of the printed page, as somebody copies them. */
function printedCures(diagnosis: Diagnosis, check: string): PrintedCure[] {
  const findings = diagnosis.findings.filter((one) => one.check === check);
  const page = doctorView({ findings, checks: [] }, { color: false, verbose: false, file: null });
  const cures: PrintedCure[] = [];
  for (const line of page.split('\n')) {
    const [, , server] = /^ {9}cure(, on the server (\S+))?:$/.exec(line) ?? [];
    if (/^ {9}cure/.test(line)) cures.push({ on: server ?? 'here', commands: [] });
    else if (line.startsWith('           ')) cures.at(-1)?.commands.push(line.trim());
  }
  return cures;
}

export interface Ailment {
  readonly services: readonly ServiceEntry[];
  readonly target: Target;
  /** Who answers in a good network, also after the cure; sorted, for a round of rr begins anywhere. */
  readonly good: readonly string[];
  readonly check: string;
  readonly level: Level;
  /** What the finding is about. */
  readonly subject?: string;
  /** Makes it ill, after the table was programmed. */
  readonly harm: () => unknown;
  /** Default: the first director of the lab. */
  readonly director?: LabDirector;
  readonly client?: LabHost;
  readonly ask?: AskOptions;
  /** The network was never a good one. */
  readonly bornIll?: true;
  /** The finding is about what may be, and stays. */
  readonly stays?: true;
  /** Asks by another way than `names`; gives what answered. */
  readonly trial?: () => Promise<readonly string[]>;
}

/** Good, harmed, found, cured as printed, good. */
export async function assertCured(lab: Lab, ailment: Ailment): Promise<void> {
  const { services, target, good, check, level, subject, director = lab.director } = ailment;
  await program(lab, services, director);
  const { client = lab.client, ask = {} } = ailment;
  const trial =
    ailment.trial ??
    (async () => (await names(client, target, good.length, { timeoutMs: 1_500, ...ask })).sort());
  if (ailment.bornIll !== true) assert.deepEqual(await trial(), good, 'before it is broken');
  await ailment.harm();
  const before = await trial();
  assert.notDeepEqual(before, good, 'packets pass, though the network is broken');
  const diagnosis = await examine(services, director);
  const found = diagnosis.findings.filter(
    (one) => one.check === check && (subject === undefined || one.subject === subject),
  );
  assert.notEqual(
    found.length,
    0,
    `no finding of ${check}: ${titles(diagnosis, 'fault', 'warning', 'info').join('; ')}`,
  );
  assert.equal(found[0]?.level, level);
  const cures = printedCures({ ...diagnosis, findings: found }, check);
  assert.notEqual(cures.flatMap(({ commands }) => commands).length, 0, 'no command is printed');
  for (const { on, commands } of cures) apply(lab, director, on, commands);
  assert.deepEqual(
    await untilGood(trial, good),
    good,
    `after ${cures.flatMap(({ commands }) => commands).join('; ')}`,
  );
  if (ailment.stays === true) return;
  const after = await examine(services, director);
  assert.deepEqual(
    after.findings
      .filter((one) => one.check === check && one.subject === found[0]?.subject)
      .map(({ what }) => what),
    [],
    'is still found after its cure',
  );
}

function apply(lab: Lab, director: LabDirector, on: string, commands: readonly string[]): void {
  const host =
    on === 'here' ? director : lab.servers.find(({ address }) => Object.values(address).includes(on));
  assert.ok(host, `the cure is for ${on}, which is no server of the lab`);
  for (const command of commands) host.namespace.shell(command);
}

/** A neighbour that was asked in vain is asked again after a second only. */
async function untilGood(
  trial: () => Promise<readonly string[]>,
  good: readonly string[],
): Promise<readonly string[]> {
  let seen: readonly string[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    seen = await trial();
    if (seen.join() === good.join()) break;
    await sleep(300);
  }
  return seen;
}

/**
 * Puts programs before all others that the printed lines call, where the guest has them by another name: its kernel's own
 * modprobe, and the iptables that this kernel has.
 *
 * @returns a function that takes them away
 */
export function withPrograms(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-bin-'));
  const former = process.env['PATH'] ?? '';
  const programs = {
    // it calls the machine's modprobe by its name
    modprobe: `PATH='${former}' exec ${readFileSync('/proc/sys/kernel/modprobe', 'utf8').trim()} "$@"`,
    iptables: 'exec iptables-legacy "$@"',
    lvsadm: `exec '${process.execPath}' '${join(root, 'dist/bin/lvsadm.cjs')}' "$@"`,
  };
  for (const [name, command] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  }
  process.env['PATH'] = `${folder}:/usr/sbin:/sbin:${former}`;
  return () => {
    process.env['PATH'] = former;
    rmSync(folder, { recursive: true });
  };
}

/** What `work` gives, or a rejection after so long: what goes well takes milliseconds. */
export async function within<Result>(timeoutMs: number, work: Promise<Result>): Promise<Result> {
  // it may reject later, when nobody waits any more
  work.catch(() => undefined);
  const over = new AbortController();
  const late = sleep(timeoutMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`nothing after ${timeoutMs} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
