/** What others say of a server: an operator's flag, and a program that tells results. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chain } from './support/chain.js';
import type { Fault, FaultTheme } from './support/fault.js';

const SERVERS = { one: '127.0.0.1:9', two: '127.0.0.2:9' };

export const told: FaultTheme = {
  theme: 'what others say',
  faults: [
    flag(),
    external({
      name: 'a result that says down, and one that says up',
      say: async (chain, tell) => {
        tell(true, '');
        await chain.until(5000);
        tell(false, 'disk full');
        await chain.until(13_000);
        tell(true, '');
        await chain.until(20_000);
      },
      want: [
        '2.0s one: unknown -> up: told up',
        '10.0s one: up -> down: external SERVER: told down: disk full',
        '10.0s serving two',
        '16.0s one: down -> up: told up',
        '16.0s serving one two',
      ],
    }),
    external({
      name: 'who told falls silent: the result grows old',
      say: async (chain, tell) => {
        tell(true, '');
        await chain.until(30_000);
      },
      want: [
        '2.0s one: unknown -> up: told up',
        '16.0s one: up -> down: external SERVER: the last result is older than 10s',
        '16.0s serving two',
      ],
    }),
    external({
      name: 'nobody ever tells: unknown for as long as a result may take, then down',
      say: (chain) => chain.until(30_000),
      want: ['16.0s one: unknown -> down: external SERVER: no result was told for 10s', '16.0s serving two'],
    }),
  ],
};

interface ExternalStory {
  readonly name: string;
  readonly say: (chain: Chain, tell: (ok: boolean, reason: string) => void) => Promise<void>;
  readonly want: readonly string[];
}

/** Of `one` the story; of `two` somebody says every second that it is well. */
function external({ name, say, want }: ExternalStory): Fault {
  return {
    name,
    run: async () => {
      const service = { check: { type: 'external', ttl: '10s' } };
      const chain = await Chain.begin({ service, servers: SERVERS });
      const { clock } = chain.rig;
      const keepTelling = (): void => {
        chain.external.set(SERVERS.two, { ok: true, reason: '' });
        clock.after(1000, keepTelling);
      };
      keepTelling();
      await say(chain, (ok, reason) => chain.external.set(SERVERS.one, { ok, reason }));
      const lines = chain.story.filter((line) => !line.includes(' two: '));
      assert.deepEqual(
        lines.map((line) => line.replaceAll(SERVERS.one, 'SERVER')),
        want,
      );
      await chain.end();
    },
  };
}

function flag(): Fault {
  return {
    name: 'a flag of maintenance, by the address of the server',
    run: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lvsd-test-flag-'));
      try {
        const service = { check: { type: 'file', path: `${folder}/{address}` } };
        const chain = await Chain.begin({ service, servers: SERVERS });
        await chain.until(5000);
        writeFileSync(join(folder, '127.0.0.1'), 'disk change\n');
        await chain.until(13_000);
        rmSync(join(folder, '127.0.0.1'));
        await chain.until(20_000);
        assert.deepEqual(chain.story, [
          `10.0s one: up -> down: file ${folder}/127.0.0.1: is there: disk change`,
          '10.0s serving two',
          '16.0s one: down -> up: no flag',
          '16.0s serving one two',
        ]);
        assert.deepEqual(await chain.end(), [0, 0]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}
