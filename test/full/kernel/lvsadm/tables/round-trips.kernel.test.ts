/** What one program saves, the other restores. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { skipWithout } from '../../../../support/require-tool.js';
import type { FixtureName } from '../corpus/fixtures.js';
import type { Program } from '../harness/answer.js';
import { lvsadm } from '../harness/lvsadm.js';
import { installNames } from '../harness/name-service.js';
import { FixtureTables } from '../harness/fixture-tables.js';
import { canonicalText, readTable } from '../harness/table-state.js';
import type { TableState } from '../harness/table-state.js';

const fixtures: readonly FixtureName[] = ['empty', 'web', 'kinds', 'rich', 'sorted', 'named', 'crowd'];
const directions = [
  ['ipvsadm', 'lvsadm'],
  ['lvsadm', 'ipvsadm'],
  ['lvsadm', 'lvsadm'],
] as const;

describe('a saved table', { skip: skipWithout('ipvsadm', 'apt-get install ipvsadm') }, () => {
  let tables: FixtureTables;
  before(() => {
    installNames();
    tables = new FixtureTables();
  });
  after(() => tables.close());

  function program(name: 'ipvsadm' | 'lvsadm'): Program {
    return name === 'lvsadm' ? lvsadm : (run) => tables.ipvsadm.run(run);
  }

  for (const [saver, restorer] of directions) {
    for (const fixture of fixtures) {
      it(`of ${saver} is restored by ${restorer}: ${fixture}`, async () => {
        const expected = restorable(tables.enter(fixture));
        const saved = await program(saver)({ argv: ['-Sn'] });
        assert.deepEqual([saved.stderr, saved.exit], ['', 0]);
        tables.enter('empty');
        const restored = await program(restorer)({ argv: ['-R'], stdin: readable(saved.stdout) });
        assert.deepEqual(restored, { stdout: '', stderr: '', exit: 0 });
        assert.equal(canonicalText(sortServers(readTable(tables.client))), canonicalText(expected));
      });
    }
  }
});

/** Both write marks from 2^31 on with a sign, which neither reads. */
function readable(script: string): string {
  return script.replaceAll(/ -f (-\d+)/g, (_, mark: string) => ` -f ${Number(mark) + 2 ** 32}`);
}

/** What a saved table holds: no thresholds. */
function restorable(state: TableState): TableState {
  const services = state.services.map((service) => ({
    ...service,
    destinations: service.destinations.map((one) => ({ ...one, upperThreshold: 0, lowerThreshold: 0 })),
  }));
  return sortServers({ ...state, services });
}

/** Servers are saved sorted and restored in that order, so the kernel then has another. */
function sortServers(state: TableState): TableState {
  const services = state.services.map((service) => ({
    ...service,
    destinations: [...service.destinations].sort((a, b) =>
      `${a.address} ${a.port}` < `${b.address} ${b.port}` ? -1 : 1,
    ),
  }));
  return { ...state, services };
}
