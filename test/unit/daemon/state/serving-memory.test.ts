import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RememberedServing } from '../../../../src/controller/serving-state.js';
import { servingFormat } from '../../../../src/daemon/state/serving-memory.js';
import { decodeState, encodeState } from '../../../../src/daemon/state/state-file.js';
import type { ServiceKey } from '../../../../src/model/keys.js';
import type { ServingMemory } from '../../../../src/model/serving.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { keyOf, serverKeyOf } from '../../../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const MAIL = keyOf('192.0.2.11:25');
const DNS = keyOf('192.0.2.12:53');
const A = serverKeyOf('10.0.0.1:80');
const B = serverKeyOf('10.0.0.2:80');
const LOST: ServingMemory = { tier: 'sorry', quorate: false, panic: [A], out: [B] };
const WELL: ServingMemory = { tier: 'primaries', quorate: true, panic: [], out: [] };

async function throughTheFile(serving: RememberedServing) {
  const bytes = Buffer.concat(await encodeState(servingFormat, serving, new FakeClock()));
  return decodeState(servingFormat, bytes, 'serving.json');
}

describe('the record of who serves', () => {
  it('reads back decisions that differ from a first one, and holds', async () => {
    const hold = { failedMs: 5, recoveredMs: 7, untilMs: null };
    const read = await throughTheFile({
      decisions: new Map([
        [SHOP, LOST],
        [MAIL, WELL],
      ]),
      holds: new Map([[SHOP, new Map([[A, hold]])]]),
    });
    assert.deepEqual(read, {
      kind: 'read',
      content: { decisions: new Map([[SHOP, LOST]]), holds: new Map([[SHOP, new Map([[A, hold]])]]) },
    });
  });

  it('reads back who holds a service for the primary, and whom a conflict was told of', async () => {
    const held: ServingMemory = { ...WELL, primary: { holder: A, rivals: [B], pending: false } };
    const nobody: ServingMemory = { ...WELL, primary: { holder: null, rivals: [], pending: false } };
    const gone = { ...WELL, primary: { holder: null, former: A, rivals: [], pending: false } };
    const decisions = new Map<ServiceKey, ServingMemory>([
      [SHOP, held],
      [MAIL, nobody],
      [DNS, gone],
    ]);
    const read = await throughTheFile({ decisions, holds: new Map() });
    assert.deepEqual(read, {
      kind: 'read',
      content: {
        decisions: new Map<ServiceKey, ServingMemory>([
          [SHOP, held],
          [DNS, gone],
        ]),
        holds: new Map(),
      },
    });
  });

  it('refuses a tier that nobody knows', async () => {
    const strange = { ...LOST, tier: 'heroes' } as unknown as ServingMemory;
    const read = await throughTheFile({ decisions: new Map([[SHOP, strange]]), holds: new Map() });
    assert.equal(read.kind, 'void');
  });
});
