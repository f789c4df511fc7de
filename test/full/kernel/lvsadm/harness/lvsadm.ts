/** lvsadm's main, called in this process: a process start of Node would take a second a command line. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IpvsClient } from '../../../../../native/ipvs/client.js';
import { readConnections } from '../../../../../native/proc/connections.js';
import { PrintedTable } from '../../../../../native/proc/printed-table.js';
import { runLvsadm } from '../../../../../src/lvsadm/run.js';
import { systemNames } from '../../../../../src/lvsadm/system-names.js';
import type { Run } from '../corpus/case.js';
import type { Answer } from './answer.js';
import { tableSeenBy } from './counted-table.js';

class Collected {
  text = '';

  write(text: string): void {
    this.text += text;
  }
}

/** As the program does it, but named as the stock one, whose messages hold its name. */
export async function lvsadm(run: Run): Promise<Answer> {
  const { argv, stdin = '', connections } = run;
  const stdout = new Collected();
  const stderr = new Collected();
  const exit = await runLvsadm(argv, {
    programName: 'ipvsadm',
    stdin: stdin === '' ? [] : [Buffer.from(stdin)],
    stdout,
    stderr,
    names: systemNames,
    openTable: () => tableSeenBy(run, IpvsClient.open()),
    connections: () =>
      connections === undefined ? readConnections() : readConnections(fileWith(connections)),
    // the kernel's own file knows nothing of counters that are given
    ...(run.counters === undefined ? { printedTable: () => PrintedTable.read() } : {}),
    privileges: () => ({ netAdmin: true, initialUserNamespace: true }),
    stopAtOperand: run.posixlyCorrect === true,
  });
  return { stdout: stdout.text, stderr: stderr.text, exit };
}

function fileWith(connections: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'connections-')), 'ip_vs_conn');
  writeFileSync(file, connections, 'latin1');
  return file;
}
