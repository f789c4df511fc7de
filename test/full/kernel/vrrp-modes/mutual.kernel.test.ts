/** Two directors, each active for one address, which has both when it is alone. */
import { after, before, describe, it } from 'node:test';
import { withInstances, type Example } from '../../../kernel/lab/example-file.js';
import { examplePlug, ModeLab } from '../../../kernel/lab/mode-lab.js';

const EAST = '192.0.2.10';
const WEST = '192.0.2.20';

const FILE: Example = {
  ha: {
    instances: [
      { name: 'vi_east', interface: 'eth0', vrid: 51, addresses: [`${EAST}/24`] },
      { name: 'vi_west', interface: 'eth0', vrid: 52, addresses: [`${WEST}/24`] },
    ],
  },
};

describe('two directors, each active for one', { timeout: 200_000 }, () => {
  let lab: ModeLab;

  before(() => {
    const director = (host: number, first: string) => ({
      plugs: [examplePlug('outer', 'eth0', host)],
      file: withInstances(FILE, ({ name }) => ({ priority: name === first ? 150 : 100 })),
    });
    lab = new ModeLab({
      segments: ['outer'],
      directors: { east: director(1, 'vi_east'), west: director(2, 'vi_west') },
      addresses: [EAST, WEST],
    });
  });
  after(() => lab.close());

  const both = { [EAST]: 'east', [WEST]: 'west' };

  it('take both when alone, and give back what is the other one’s', async () => {
    await lab.owners.after('both are started', () => lab.startAll(), both);
    for (const [lost, left] of [
      ['east', 'west'],
      ['west', 'east'],
    ] as const) {
      await lab.owners.after(`${lost} is lost`, () => lab.lose(lost), { [EAST]: left, [WEST]: left });
      await lab.owners.after(`${lost} is back`, () => lab.bringBack(lost), both);
    }
  });

  it('move one address alone with one instance that is taken from a director by its stop', async () => {
    const east = lab.director('east');
    await lab.owners.after('east is stopped', () => east.end('SIGTERM'), { [EAST]: 'west', [WEST]: 'west' });
    await lab.owners.after('east is started', () => east.start(), both);
  });
});
