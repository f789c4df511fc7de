import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RememberedLoads } from '../../../../src/controller/server-loads.js';
import { freshAgents, loadFormat } from '../../../../src/daemon/state/load-memory.js';
import { decodeState, encodeState } from '../../../../src/daemon/state/state-file.js';
import type { AgentPolicy, AgentReport } from '../../../../src/model/agent.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { keyOf, serverKeyOf, service } from '../../../support/models.js';

const SHOP = keyOf('192.0.2.10:80');
const A = serverKeyOf('10.0.0.1:80');
const REPORT: AgentReport = {
  state: 'answers',
  share: 0.4,
  wish: 'drain',
  wishedMs: 4,
  said: { admin: 'drain', operation: 'up', share: 0.4 },
  reason: 'answered 40% drain',
  heardMs: 100_000,
};

async function throughTheFile(loads: RememberedLoads) {
  const bytes = Buffer.concat(await encodeState(loadFormat, loads, new FakeClock()));
  return decodeState(loadFormat, bytes, 'weights.json');
}

/** One service with an agent that is asked so often. */
function asked(intervalMs: number) {
  const timing = {
    intervalMs,
    fastIntervalMs: intervalMs,
    downIntervalMs: intervalMs,
    timeoutMs: 1000,
    rise: 1,
    fall: 1,
    jitter: 0,
  };
  const agent: AgentPolicy = {
    question: { type: 'agent', timing, port: 9412, send: null },
    min: 0.1,
    max: 1,
    allow: ['weight'],
    smoothing: 0.5,
    step: 0.25,
  };
  return [service('shop', '192.0.2.10:80', ['10.0.0.1:80'], { agent })];
}

describe('the record of weights', () => {
  it('reads back what agents said and when servers began, by the wall clock alone', async () => {
    const agents = new Map([[SHOP, new Map([[A, REPORT]])]]);
    const running = { beganMs: 5, beganAtMs: 77 };
    const read = await throughTheFile({ agents, begins: new Map([[SHOP, new Map([[A, running]])]]) });
    assert.deepEqual(read, {
      kind: 'read',
      content: { agents, begins: new Map([[SHOP, new Map([[A, { beganMs: 5 }]])]]) },
    });
  });

  it('refuses a wish that nobody knows', async () => {
    const strange = { ...REPORT, wish: 'holiday' } as unknown as AgentReport;
    const read = await throughTheFile({
      agents: new Map([[SHOP, new Map([[A, strange]])]]),
      begins: new Map(),
    });
    assert.equal(read.kind, 'void');
  });

  it('keeps what agents said for a minute, or three intervals where that is longer', () => {
    const stored = new Map([[SHOP, new Map([[A, REPORT]])]]);
    const kept = (intervalMs: number, ageMs: number): boolean =>
      freshAgents(stored, asked(intervalMs), 100_000 + ageMs).has(SHOP);
    assert.deepEqual(
      [kept(2000, 60_000), kept(2000, 60_001), kept(40_000, 120_000), kept(40_000, 120_001)],
      [true, false, true, false],
    );
    assert.equal(freshAgents(stored, [service('shop', '192.0.2.10:80', [])], 100_000).size, 0);
  });
});
