/** Two directors, each active for one address, as etc/ha-mutual.yaml has them: alone, either has both. */
import { after, before, describe, it } from 'node:test';
import { exampleFile, withInstances } from '../../../kernel/lab/example-file.js';
import { directServer, examplePlug, ModeLab, takeOnLoopback } from '../../../kernel/lab/mode-lab.js';

const EAST = '192.0.2.10';
const WEST = '192.0.2.20';
const SERVERS = ['rs1', 'rs2'];

describe('two directors, each active for one', { timeout: 200_000 }, () => {
  let lab: ModeLab;

  before(async () => {
    const file = exampleFile('ha-mutual.yaml');
    const exchanged = withInstances(file, ({ priority }) => ({ priority: priority === 150 ? 100 : 150 }));
    lab = new ModeLab({
      segments: ['outer'],
      directors: {
        east: { plugs: [examplePlug('outer', 'eth0', 1)], file },
        west: { plugs: [examplePlug('outer', 'eth0', 2)], file: exchanged },
      },
      hosts: [
        { name: 'client', plugs: [examplePlug('outer', 'eth0', 200)] },
        directServer('rs1', 31),
        directServer('rs2', 32),
      ],
      addresses: [EAST, WEST],
      director: { dataplane: 'kernel' },
    });
    for (const name of SERVERS) {
      takeOnLoopback(lab.network.host(name), [EAST, WEST]);
      await lab.serve(name, 80);
    }
  });
  after(() => lab.close());

  const both = { [EAST]: 'east', [WEST]: 'west' };
  const untilServed = async (): Promise<void> => {
    for (const address of [EAST, WEST]) await lab.untilServed('client', address, 80, SERVERS);
  };

  it('take both when alone, and give back what is the other one’s', async () => {
    await lab.owners.after('both are started', () => lab.startAll(), both);
    await untilServed();
    for (const [lost, left] of [
      ['east', 'west'],
      ['west', 'east'],
    ] as const) {
      await lab.owners.after(`${lost} is lost`, () => lab.lose(lost), { [EAST]: left, [WEST]: left });
      await untilServed();
      await lab.owners.after(`${lost} is back`, () => lab.bringBack(lost), both);
      await untilServed();
    }
  });

  it('take over what one has that is stopped, until it is started again', async () => {
    const east = lab.director('east');
    await lab.owners.after('east is stopped', () => east.end('SIGTERM'), { [EAST]: 'west', [WEST]: 'west' });
    await lab.owners.after('east is started', () => east.start(), both);
  });
});
