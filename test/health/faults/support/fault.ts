/** One fault: what happens, and the story that a director makes of it. */
import assert from 'node:assert/strict';
import type { Behaviour } from '../../../support/health-rig.js';
import { leavesNothingOpen } from '../../support/descriptors.js';
import { Chain, SORRY, type BehaveByName, type ChainFile } from './chain.js';

export interface Fault {
  readonly name: string;
  /** Leaves nothing running, and throws where the story is another one. */
  readonly run: () => Promise<void>;
}

/** One theme of faults. */
export interface FaultTheme {
  readonly theme: string;
  readonly faults: readonly Fault[];
  /** Why they cannot run here; false where they can. */
  readonly skip?: string | false;
  /** After the last one. */
  readonly after?: () => void;
}

/** A fault that is a matter of time: probes are scripted. */
export interface ScriptedFault {
  readonly name: string;
  /** Keys of the service; default one tcp check as a file has it that says no more: every 2 s, 1 s long, up after 2, down after 3. */
  readonly service?: ChainFile['service'];
  /** A letter each; default `ab`. */
  readonly servers?: string;
  /** Of the backup pool. */
  readonly backups?: string;
  readonly behave: BehaveByName;
  /** Default: lets half a minute go by. */
  readonly during?: (chain: Chain) => Promise<void>;
  /** Only such lines of the story matter; default all. */
  readonly tells?: RegExp;
  readonly want: readonly string[];
}

const halfAMinute = (chain: Chain): Promise<void> => chain.until(30_000);

export function scripted(fault: ScriptedFault): Fault {
  const { name, behave, want, tells = /^/, during = halfAMinute } = fault;
  return {
    name,
    run: async () => {
      const chain = await Chain.begin(fileOf(fault), { behave });
      await during(chain);
      assert.deepEqual(
        chain.story.filter((line) => tells.test(line)),
        want,
      );
      assert.deepEqual(await chain.end(), [0, 0]);
    },
  };
}

export function fileOf({ service, servers = 'ab', backups = '' }: Partial<ScriptedFault>): ChainFile {
  const byName = (letters: string) =>
    Object.fromEntries(Array.from(letters, (letter) => [letter, `10.0.0.${letter.charCodeAt(0)}:80`]));
  return {
    service: service ?? { check: { type: 'tcp' } },
    servers: byName(servers),
    backups: byName(backups),
  };
}

/** Behaviours one after the other, each until its time. */
export function story(
  ...parts: readonly (readonly [untilMs: number, what: Behaviour])[]
): (nowMs: number) => Behaviour {
  return (nowMs) => parts.find(([untilMs]) => nowMs < untilMs)?.[1] ?? 'well';
}

/** Only `a` does this, from second `fromSec` on. */
export function onlyA(what: Behaviour, fromSec = 5): BehaveByName {
  return (name, nowMs) => (name === 'a' && nowMs >= fromSec * 1000 ? what : 'well');
}

/** A fault of a real server: probes are real ones. */
export interface ServedFault {
  readonly name: string;
  /** As in the file. */
  readonly check: Readonly<Record<string, unknown>>;
  /** Runs `use` beside the faulty server. */
  readonly beside: Beside;
  /** The whole reason; the server's address in it is written as SERVER. */
  readonly reason: string;
  /** Nothing ends its probes but the timeout. */
  readonly silent?: true;
}

export type Beside = (use: (port: number) => Promise<void>) => Promise<void>;

/** How the reason names what differs from run to run: the port, and how much came of what never ends. */
function general(line: string, port: number): string {
  return line.replaceAll(`127.0.0.1:${port}`, 'SERVER').replace(/got "(.)\1*"/, 'got "$1..."');
}

/**
 * A server with this fault from the beginning: it is out with its third failure, 4 s after the first, or 5 s where each takes
 * the whole timeout. By then the sorry server serves, and not before.
 */
export function served({ name, check, beside, reason, silent }: ServedFault): Fault {
  return {
    name,
    run: () =>
      beside(async (port) => {
        const file = { service: { check, sorry_server: SORRY }, servers: { bad: `127.0.0.1:${port}` } };
        const chain = await Chain.begin(file, { silent: silent === true ? ['bad'] : [] });
        const outSec = silent === true ? '5.0s' : '4.0s';
        const told = await leavesNothingOpen(async () => {
          await chain.until(5500);
          const lines = chain.story.map((line) => general(line, port));
          assert.deepEqual(await chain.end(), [0, 0]);
          return lines;
        });
        assert.deepEqual(told, [
          `${outSec} bad: unknown -> down: ${reason}`,
          `${outSec} quorum-lost: healthy weight 0, needed 1`,
          `${outSec} service-on-sorry: no quorum (healthy weight 0, needed 1): the sorry server ${SORRY} serves`,
          `${outSec} serving sorry`,
        ]);
        assert.equal(chain.probes.get('bad'), 3);
      }),
  };
}
