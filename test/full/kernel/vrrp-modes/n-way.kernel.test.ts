/** Three directors, as etc/ha-n-way.yaml has them: each address has its own order of successors. */
import { after, before, describe, it } from 'node:test';
import { exampleFile, withInstances } from '../../../kernel/lab/example-file.js';
import {
  directServer,
  examplePlug,
  ModeLab,
  takeOnLoopback,
  type ModePlan,
} from '../../../kernel/lab/mode-lab.js';

const NAMES = ['first', 'second', 'third'] as const;
type Name = (typeof NAMES)[number];

interface Row {
  readonly address: string;
  readonly priorities: Readonly<Record<Name, number>>;
}

/** The table at the head of the example. */
const ROWS: Readonly<Record<string, Row>> = {
  vi_a: { address: '192.0.2.10', priorities: { first: 150, second: 125, third: 100 } },
  vi_b: { address: '192.0.2.11', priorities: { first: 100, second: 150, third: 125 } },
  vi_c: { address: '192.0.2.12', priorities: { first: 125, second: 100, third: 150 } },
};
const ADDRESSES = Object.values(ROWS).map(({ address }) => address);

/** Each address is with the highest that is there. */
function ownersWithout(...lost: readonly Name[]): Record<string, string> {
  const left = NAMES.filter((name) => !lost.includes(name));
  return Object.fromEntries(
    Object.values(ROWS).map(({ address, priorities }) => [
      address,
      left.toSorted((one, other) => priorities[other] - priorities[one])[0] ?? '',
    ]),
  );
}

describe('three directors', { timeout: 300_000 }, () => {
  let lab: ModeLab;

  before(async () => {
    const directors: ModePlan['directors'] = Object.fromEntries(
      NAMES.map((name, index) => [
        name,
        {
          plugs: [examplePlug('outer', 'eth0', index + 1)],
          file: withInstances(exampleFile('ha-n-way.yaml'), (instance) => ({
            priority: ROWS[instance.name]?.priorities[name],
          })),
        },
      ]),
    );
    lab = new ModeLab({
      segments: ['outer'],
      directors,
      hosts: [
        { name: 'client', plugs: [examplePlug('outer', 'eth0', 200)] },
        directServer('rs1', 31),
        directServer('rs2', 32),
      ],
      addresses: ADDRESSES,
      director: { dataplane: 'kernel' },
    });
    for (const name of ['rs1', 'rs2']) {
      takeOnLoopback(lab.network.host(name), ADDRESSES);
      await lab.serve(name, 80);
    }
  });
  after(() => lab.close());

  const lost = (...names: readonly Name[]): Promise<void> =>
    lab.owners.after(`${names.join(' and ')} lost`, () => lab.lose(...names), ownersWithout(...names));
  const back = (...names: readonly Name[]): Promise<void> =>
    lab.owners.after(`${names.join(' and ')} back`, () => lab.bringBack(...names), ownersWithout());
  const untilServed = async (): Promise<void> => {
    for (const address of ADDRESSES) await lab.untilServed('client', address, 80, ['rs1', 'rs2']);
  };

  it('lose one after the other: what was its own goes to the next in order', async () => {
    await lab.owners.after('all are started', () => lab.startAll(), ownersWithout());
    await untilServed();
    for (const name of NAMES) {
      await lost(name);
      await untilServed();
      await back(name);
    }
  });

  it('lose two at once, and one after the other', async () => {
    for (const left of NAMES) {
      const others = NAMES.filter((name) => name !== left);
      await lost(...others);
      await untilServed();
      await back(...others);
    }
    await lost('first');
    await lab.owners.after('second lost, too', () => lab.lose('second'), ownersWithout('first', 'second'));
    await lab.owners.after('first back', () => lab.bringBack('first'), ownersWithout('second'));
    await back('second');
  });
});
