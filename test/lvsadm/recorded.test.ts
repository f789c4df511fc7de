/**
 * lvsadm on a fake table, held against what ipvsadm answered in a real kernel: thousands of command lines in one process. The
 * recordings say by which command they are made again.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readConnections } from '../../native/proc/connections.js';
import { nameFiles } from '../full/kernel/lvsadm/corpus/name-files.js';
import { difference } from '../full/kernel/lvsadm/harness/answer.js';
import { tableSeenBy } from '../full/kernel/lvsadm/harness/counted-table.js';
import { deviations } from '../full/kernel/lvsadm/harness/deviations.js';
import type { Aspect } from '../full/kernel/lvsadm/harness/deviations.js';
import { readRecording } from '../full/kernel/lvsadm/harness/recording-files.js';
import type { RecordedCase, RecordedRun } from '../full/kernel/lvsadm/harness/recording.js';
import { canonicalText, readTable } from '../full/kernel/lvsadm/harness/table-state.js';
import type { TableState } from '../full/kernel/lvsadm/harness/table-state.js';
import { FakeIpvsTable } from '../support/fake-ipvs-table.js';
import { namesFromFiles } from './files-names.js';
import { lvsadm } from './program.js';
import type { Answer } from './program.js';

const folder = fileURLToPath(new URL('../golden/lvsadm/', import.meta.url));
const subjects = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));
const names = namesFromFiles(nameFiles['/etc/hosts'] ?? '', nameFiles['/etc/services'] ?? '');
/** As the namespaces of the recordings had them. */
const interfaces = { lo: { mtu: 65536 }, eth0: { mtu: 1500, ipv6: true } };
const mostShown = 10;

describe('lvsadm on a fake table', () => {
  let scratch = '';
  before(() => (scratch = mkdtempSync(join(tmpdir(), 'lvsadm-'))));
  after(() => rmSync(scratch, { recursive: true }));

  it('has recordings to be held against', () => assert.ok(subjects.length >= 10, subjects.join()));

  for (const subject of subjects) {
    it(`answers ${subject} as ipvsadm did`, async () => {
      const failures: string[] = [];
      for (const one of readRecording(subject).cases) {
        for (const [aspect, lines] of await replay(one, scratch)) {
          if (lines.length > 0 && !isListed(subject, one.name, aspect)) {
            failures.push([one.name, ...lines].join('\n'));
          }
        }
      }
      const shown = failures.slice(0, mostShown).join('\n');
      assert.equal(failures.length, 0, `${failures.length} differences (- ipvsadm, + lvsadm)\n${shown}`);
    });
  }
});

type Difference = readonly [aspect: Aspect, lines: readonly string[]];

/** Each run finds the table that the recorded one found, in the kernel's order, on which some answers depend. */
async function replay(one: RecordedCase, scratch: string): Promise<Difference[]> {
  const differences: Difference[] = [];
  let state = one.before;
  for (const run of one.runs) {
    const table = fakeOf(state);
    state = run.table ?? state;
    const answer = await answerOf(run, table, scratch);
    differences.push(
      ['stdout', difference('stdout', run.stdout, answer.stdout)],
      ['stderr', difference('stderr', run.stderr, answer.stderr)],
      ['exit', difference('exit', String(run.exit), String(answer.exit))],
      ['table', difference('table', canonicalText(state), canonicalText(readTable(table)))],
    );
  }
  return differences;
}

function fakeOf(state: TableState): FakeIpvsTable {
  const services = state.services.map(({ destinations, ...service }) => ({ service, destinations }));
  return new FakeIpvsTable({ ...state, services, interfaces });
}

async function answerOf(run: RecordedRun, table: FakeIpvsTable, scratch: string): Promise<Answer> {
  const connections = join(scratch, 'ip_vs_conn');
  writeFileSync(connections, run.connections ?? noConnections, 'latin1');
  return lvsadm(run.argv, {
    table: tableSeenBy(run, table),
    input: run.stdin ?? '',
    names,
    stopAtOperand: run.posixlyCorrect === true,
    connections: () => readConnections(connections),
  });
}

const noConnections = 'Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n';

function isListed(subject: string, name: string, aspect: Aspect): boolean {
  return deviations.some(
    (deviation) =>
      deviation.subject === subject && deviation.cases.test(name) && deviation.aspects.includes(aspect),
  );
}
