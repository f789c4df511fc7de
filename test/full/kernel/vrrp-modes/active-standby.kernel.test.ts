/** Active and standby, as etc/ha.yaml has them: one director serves, the other waits; the servers' gateway moves with the address. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { exampleFile, withInstances } from '../../../kernel/lab/example-file.js';
import { examplePlug, ModeLab } from '../../../kernel/lab/mode-lab.js';

const VIP = '192.0.2.10';
const GATEWAY = '10.0.1.254';
const INSTANCE = 'vi_shop';

describe('active and standby', { timeout: 200_000 }, () => {
  let lab: ModeLab;

  before(async () => {
    const director = (host: number, priority: number) => ({
      plugs: [examplePlug('outer', 'eth0', host), examplePlug('inner', 'eth1', host)],
      file: withInstances(exampleFile('ha.yaml'), () => ({ priority })),
    });
    const server = (name: string, host: number) => ({
      name,
      plugs: [examplePlug('inner', 'eth0', host)],
      routes: [`default via ${GATEWAY}`],
    });
    lab = new ModeLab({
      segments: ['outer', 'inner'],
      directors: { first: director(1, 150), second: director(2, 100) },
      hosts: [
        { name: 'client', plugs: [examplePlug('outer', 'eth0', 200)] },
        server('rs1', 11),
        server('rs2', 12),
      ],
      addresses: [VIP, GATEWAY],
      director: { dataplane: 'kernel' },
    });
    await lab.serve('rs1', 8080);
    await lab.serve('rs2', 8080);
  });
  after(() => lab.close());

  const untilServed = () => lab.untilServed('client', VIP, 80, ['rs1', 'rs2']);
  const at = (name: string) => ({ [VIP]: name, [GATEWAY]: name });

  it('move both addresses with the director that is lost, and back', async () => {
    await lab.owners.after('both are started', () => lab.startAll(), at('first'));
    await lab.untilBackup('second', INSTANCE);
    await untilServed();
    await lab.owners.after('the standby is lost', () => lab.lose('second'), at('first'));
    lab.bringBack('second');
    await lab.untilBackup('second', INSTANCE);
    await lab.owners.after('the active one is lost', () => lab.lose('first'), at('second'));
    await untilServed();
    await lab.owners.after('it is back', () => lab.bringBack('first'), at('first'));
    await untilServed();
  });

  it('move both with one that is stopped, and back', async () => {
    const first = lab.director('first');
    await lab.owners.after('the active one is stopped', () => first.end('SIGTERM'), at('second'));
    await untilServed();
    await lab.owners.after('it is started again', () => first.start(), at('first'));
    await untilServed();
    assert.equal(lab.director('second').said(INSTANCE), 'backup');
  });
});
