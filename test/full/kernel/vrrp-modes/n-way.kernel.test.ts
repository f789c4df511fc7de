/** Three directors, each address with its own order of successors. */
import { after, before, describe, it } from 'node:test';
import { withInstances, type Example } from '../../../kernel/lab/example-file.js';
import { examplePlug, ModeLab } from '../../../kernel/lab/mode-lab.js';

/** Who has an address, by instance: the first of these that is there. */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  vi_a: ['one', 'two', 'three'],
  vi_b: ['two', 'three', 'one'],
  vi_c: ['three', 'one', 'two'],
};
const PRIORITIES = [150, 125, 100];
const NAMES = ['one', 'two', 'three'];
const addressOf = (instance: string): string => `192.0.2.${10 + Object.keys(ORDERS).indexOf(instance)}`;

const FILE: Example = {
  ha: {
    instances: Object.keys(ORDERS).map((name, index) => ({
      name,
      interface: 'eth0',
      vrid: 51 + index,
      addresses: [`${addressOf(name)}/24`],
    })),
  },
};

/** As the orders have it. */
function ownersWithout(...lost: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ORDERS).map(([instance, order]) => [
      addressOf(instance),
      order.find((name) => !lost.includes(name)) ?? '',
    ]),
  );
}

describe('three directors', { timeout: 300_000 }, () => {
  let lab: ModeLab;

  before(() => {
    const director = (name: string, index: number) => [
      name,
      {
        plugs: [examplePlug('outer', 'eth0', index + 1)],
        file: withInstances(FILE, ({ name: instance }) => ({
          priority: PRIORITIES[ORDERS[instance]?.indexOf(name) ?? 0],
        })),
      },
    ];
    lab = new ModeLab({
      segments: ['outer'],
      directors: Object.fromEntries(NAMES.map(director)) as ConstructorParameters<
        typeof ModeLab
      >[0]['directors'],
      addresses: Object.keys(ORDERS).map(addressOf),
    });
  });
  after(() => lab.close());

  const back = (...names: readonly string[]) =>
    lab.owners.after(`${names.join(' and ')} back`, () => lab.bringBack(...names), ownersWithout());

  it('lose one after the other, and move what was its own to the next in order', async () => {
    await lab.owners.after('all are started', () => lab.startAll(), ownersWithout());
    for (const name of NAMES) {
      await lab.owners.after(`${name} is lost`, () => lab.lose(name), ownersWithout(name));
      await back(name);
    }
  });

  it('lose two at once, and one after the other', async () => {
    for (const left of NAMES) {
      const lost = NAMES.filter((name) => name !== left);
      await lab.owners.after(
        `${lost.join(' and ')} are lost`,
        () => lab.lose(...lost),
        ownersWithout(...lost),
      );
      await back(...lost);
    }
    await lab.owners.after('one is lost', () => lab.lose('one'), ownersWithout('one'));
    await lab.owners.after('two is lost, too', () => lab.lose('two'), ownersWithout('one', 'two'));
    await lab.owners.after('one is back', () => lab.bringBack('one'), ownersWithout('two'));
    await back('two');
  });
});
