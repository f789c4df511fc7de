import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NOTHING_OWNED } from '../../../src/controller/ownership.js';
import { ServerStates } from '../../../src/controller/server-states.js';
import { NO_LOADS } from '../../../src/controller/server-loads.js';
import { NOTHING_DECIDED } from '../../../src/controller/serving-state.js';
import { DirectorState, NOTHING_REMEMBERED, recall } from '../../../src/daemon/director-state.js';
import { FakeClock } from '../../support/fake-clock.js';
import { service, verdict } from '../../support/models.js';

const A = '10.0.1.11:80';
const shop = service('shop', '192.0.2.10:80', [A]);
const [server] = shop.servers;

describe('the state of a director', () => {
  it('keeps what is known of servers when their services are taken away at the stop', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'lvsd-state-'));
    try {
      const clock = new FakeClock();
      const states = new ServerStates();
      const state = new DirectorState({
        stateDir,
        clock,
        remembered: NOTHING_REMEMBERED,
        kernel: false,
        states: () => states,
        serving: () => NOTHING_DECIDED,
        loads: () => NO_LOADS,
        owned: () => NOTHING_OWNED,
        onTrouble: (trouble) => assert.equal(trouble, null),
      });
      states.setVerdict(shop.key, server!.key, verdict('down'));
      states.setWeight(shop.key, server!.key, { weight: 7, by: 'uid 0' });
      state.statesChanged('verdict');
      state.statesChanged('override');
      await state.closeStates();
      states.prune({ services: new Map(), before: undefined, changed: [], movedFrom: new Map() });
      state.statesChanged('override');
      await state.close();
      const uid = process.geteuid?.() ?? 0;
      const { overrides } = (await recall({ stateDir, uid, clock, services: [shop], kernel: false })).states;
      assert.equal(overrides.get(shop.key)?.get(server!.key)?.weight, 7);
    } finally {
      await rm(stateDir, { recursive: true });
    }
  });
});
