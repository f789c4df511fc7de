/** Two application nodes, as etc/ha-application-nodes.yaml has them: no services, and an address that is where Tomcat answers. */
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { exampleFile, withInstances } from '../../../kernel/lab/example-file.js';
import { examplePlug, ModeLab } from '../../../kernel/lab/mode-lab.js';
import { skipWithoutTomcat, Tomcat } from '../../../kernel/lab/tomcat.js';
import { until } from '../../../kernel/support/until.js';

const VIP = '192.0.2.10';
const PORT = 8080;
const INSTANCE = 'vi_app';

describe('two application nodes', { skip: skipWithoutTomcat(), timeout: 220_000 }, () => {
  let lab: ModeLab;
  const tomcats = new Map<string, Tomcat>();

  before(() => {
    const node = (host: number, priority: number) => ({
      plugs: [examplePlug('outer', 'eth0', host)],
      file: withInstances(exampleFile('ha-application-nodes.yaml'), () => ({ priority })),
    });
    lab = new ModeLab({
      segments: ['outer'],
      directors: { first: node(1, 150), second: node(2, 100) },
      hosts: [{ name: 'client', plugs: [examplePlug('outer', 'eth0', 200)] }],
      addresses: [VIP],
    });
    for (const name of ['first', 'second']) tomcats.set(name, new Tomcat(lab.network.host(name), PORT));
  });
  after(async () => {
    for (const tomcat of tomcats.values()) await tomcat.kill();
    await lab.close();
  });

  const tomcat = (name: string): Tomcat => tomcats.get(name)!;

  /** What the page at the address says; empty for no answer. */
  const page = (from: string, address: string): Promise<string> =>
    lab.network.host(from).during(async () => {
      const request = get({ host: address, port: PORT, path: '/', timeout: 1000, agent: false });
      request.on('timeout', () => request.destroy(new Error('no answer')));
      try {
        const [response] = (await once(request, 'response')) as [IncomingMessage];
        return (await text(response)).trim();
      } catch {
        return '';
      }
    });
  const untilServedBy = (name: string): Promise<boolean> =>
    until(`${name} answers at the address`, 20, async () => (await page('client', VIP)) === name);
  const startTomcat = async (name: string): Promise<void> => {
    tomcat(name).start();
    await until(`Tomcat of ${name} answers`, 90, async () => (await page(name, '127.0.0.1')) === name);
  };

  it('nobody has the address before an application answers; then the preferred one has it', async () => {
    lab.startAll();
    for (const name of ['first', 'second']) await lab.director(name).untilSaid(INSTANCE, 'fault');
    assert.deepEqual(lab.owners.owners, { [VIP]: [] });
    await lab.owners.after('Tomcat of first is started', () => startTomcat('first'), { [VIP]: 'first' });
    await untilServedBy('first');
    await startTomcat('second');
    await lab.untilBackup('second', INSTANCE);
  });

  it('follows the application, and stays where it is when that comes back', async () => {
    await lab.owners.after('Tomcat of first is killed', () => tomcat('first').kill(), { [VIP]: 'second' });
    await untilServedBy('second');
    lab.director('first').forget();
    await lab.owners.after('Tomcat of first is started again', () => startTomcat('first'), {
      [VIP]: 'second',
    });
    await lab.untilBackup('first', INSTANCE);
    assert.deepEqual(lab.owners.owners, { [VIP]: ['second'] });
  });

  it('moves with the node that is lost, and with one that is stopped', async () => {
    await lab.owners.after('second is lost', () => lab.lose('second'), { [VIP]: 'first' });
    await untilServedBy('first');
    await lab.owners.after('second is back', () => lab.bringBack('second'), { [VIP]: 'first' });
    await lab.untilBackup('second', INSTANCE);
    await lab.owners.after('first is stopped', () => lab.director('first').end('SIGTERM'), {
      [VIP]: 'second',
    });
    await untilServedBy('second');
    await lab.owners.after('first is started', () => lab.director('first').start(), { [VIP]: 'second' });
    await lab.untilBackup('first', INSTANCE);
  });

  it('is nobody’s while no application answers', async () => {
    await lab.owners.after(
      'both are killed',
      async () => {
        for (const each of tomcats.values()) await each.kill();
      },
      { [VIP]: '' },
    );
    await lab.owners.after('that of second is back', () => startTomcat('second'), { [VIP]: 'second' });
    await untilServedBy('second');
  });
});
