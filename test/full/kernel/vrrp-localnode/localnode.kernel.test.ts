/** Two hosts, each director and real server, as etc/ha-localnode.yaml has them: both serve, one schedules, and no packet goes in circles. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { exampleFile, withInstances } from '../../../kernel/lab/example-file.js';
import { examplePlug, ModeLab, takeOnLoopback } from '../../../kernel/lab/mode-lab.js';
import { until } from '../../../kernel/support/until.js';

const VIP = '192.0.2.10';
const INSTANCE = 'vi_web';
const NODES = ['first', 'second'];
const CONNECTIONS = 20;
/** A connection with a few bytes is ten packets at most; one that goes in circles sends thousands. */
const MOST_PACKETS = 20;

describe('two hosts that are director and real server', { timeout: 280_000 }, () => {
  let lab: ModeLab;

  before(async () => {
    const node = (host: number, priority: number) => ({
      plugs: [examplePlug('outer', 'eth0', host)],
      file: withInstances(exampleFile('ha-localnode.yaml'), () => ({ priority })),
    });
    lab = new ModeLab({
      segments: ['outer'],
      directors: { first: node(1, 150), second: node(2, 100) },
      hosts: [{ name: 'client', plugs: [examplePlug('outer', 'eth0', 200)] }],
      addresses: [VIP],
      director: { dataplane: 'kernel' },
    });
    for (const name of NODES) {
      takeOnLoopback(lab.network.host(name), [VIP]);
      await lab.serve(name, 80);
    }
  });
  after(() => lab.close());

  const untilServed = (by: readonly string[]): Promise<void> => lab.untilServed('client', VIP, 80, by);

  /** Connections that the host's table has scheduled, ever: of the one processor, for the sum follows seconds later. */
  const scheduled = (name: string): number => {
    const file = '/proc/thread-self/net/ip_vs_stats_percpu';
    const lines = lab.network
      .host(name)
      .within(() => readFileSync(file, 'utf8'))
      .split('\n');
    const row = lines.map((line) => line.trim().split(/\s+/)).find(([processor]) => processor === '0');
    return parseInt(row?.[1] ?? '', 16);
  };
  const packets = (): number =>
    NODES.map((name) => lab.network.host(name).counter('eth0').txPackets).reduce(
      (sum, each) => sum + each,
      0,
    );

  it('serve both, while one has the address, and schedule each connection once', async () => {
    await lab.owners.after('both are started', () => lab.startAll(), { [VIP]: 'first' });
    await lab.untilBackup('second', INSTANCE);
    await untilServed(NODES);
    await until('second does not schedule what the first one sends', 30, () =>
      lab.network.host('second').shell('ipvsadm -L --daemon').includes('backup'),
    );
    const before = { first: scheduled('first'), second: scheduled('second'), packets: packets() };
    const answers: string[] = [];
    for (let count = 0; count < CONNECTIONS; count++) answers.push(await lab.answer('client', VIP, 80));
    const sent = packets() - before.packets;
    const share = (name: string): number => answers.filter((answer) => answer === name).length;
    console.log(
      `${CONNECTIONS} connections: ${share('first')} at first, ${share('second')} at second, ${sent} packets`,
    );
    assert.deepEqual([...new Set(answers)].sort(), NODES, 'both serve, and every connection is answered');
    assert.equal(scheduled('first') - before.first, CONNECTIONS);
    assert.equal(scheduled('second') - before.second, 0, 'the one that waits schedules nothing');
    assert.ok(sent < CONNECTIONS * MOST_PACKETS, `${sent} packets`);
  });

  it('move the address alone, and serve from who is left', async () => {
    await lab.owners.after('first is lost', () => lab.lose('first'), { [VIP]: 'second' });
    await untilServed(['second']);
    await lab.owners.after('first is back', () => lab.bringBack('first'), { [VIP]: 'first' });
    await lab.untilBackup('second', INSTANCE);
    await untilServed(NODES);
    const second = lab.director('second');
    await lab.owners.after('the one that waits is stopped', () => second.end('SIGTERM'), { [VIP]: 'first' });
    await untilServed(NODES);
    await lab.owners.after('it is started again', () => second.start(), { [VIP]: 'first' });
    await lab.untilBackup('second', INSTANCE);
    await untilServed(NODES);
  });
});
