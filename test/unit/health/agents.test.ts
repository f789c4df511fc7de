/** Agents under the health engine: what they are asked, what becomes of answers and of silence. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readAgentAnswer } from '../../../src/health/agent-answer.js';
import { HealthRunner } from '../../../src/health/runner.js';
import type { Checker, ProbeResult } from '../../../src/health/types.js';
import type { AgentPolicy, AgentReport } from '../../../src/model/agent.js';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import { FakeClock } from '../../support/fake-clock.js';
import { keyOf, server, serverKeyOf, service } from '../../support/models.js';

const A = serverKeyOf('10.0.0.1:80');
const SHOP = keyOf('192.0.2.1:80');

/** Every 2 s; each answer counts whole, unless a test says otherwise. */
function policy(changes: Partial<AgentPolicy> = {}): AgentPolicy {
  const timing = {
    intervalMs: 2000,
    fastIntervalMs: 2000,
    downIntervalMs: 2000,
    timeoutMs: 1000,
    rise: 1,
    fall: 1,
    jitter: 0,
  };
  return {
    question: { type: 'agent', timing, port: 9412, send: null },
    min: 0.1,
    max: 1,
    allow: ['weight'],
    smoothing: 0,
    step: 10,
    ...changes,
  };
}

function shop(agent: AgentPolicy | null, host = 1): VirtualService {
  return service(`shop${host}`, `192.0.2.${host}:80`, [server('10.0.0.1:80', { weight: 100 })], {
    ...(agent === null ? {} : { agent }),
  });
}

function rig() {
  const clock = new FakeClock(0);
  const told: string[] = [];
  const state = { line: '100%' as string | null, asked: 0, last: null as AgentReport | null };
  const probe = (): Promise<ProbeResult> => {
    state.asked++;
    if (state.line === null) return Promise.resolve({ ok: false, reason: 'agent: connect: ECONNREFUSED' });
    const answer = readAgentAnswer(state.line);
    return Promise.resolve(
      'fault' in answer
        ? { ok: false, reason: `agent: ${answer.fault}` }
        : { ok: true, detail: state.line, agent: answer },
    );
  };
  const runner = new HealthRunner({
    clock,
    random: () => 0,
    phaseOf: () => 0,
    makeChecker: (): Checker => ({ probe }),
    onVerdict: () => undefined,
    onAgent: (key, _server, report) => {
      if (key === SHOP) state.last = report;
      const what =
        report === null ? 'none' : `${report.state} ${Math.round(report.share * 100)}% ${report.wish ?? '-'}`;
      if (told.at(-1)?.split(': ')[1] !== what) told.push(`${clock.nowMs() / 1000}: ${what}`);
    },
  });
  return {
    clock,
    told,
    state,
    runner,
    until: (ms: number) => clock.advanceAsync(ms - clock.nowMs()),
  };
}

describe('agents', () => {
  it('are asked once an interval, and tell each new share', async () => {
    const { runner, state, told, until } = rig();
    runner.configure([shop(policy())]);
    await until(2500);
    state.line = '40%';
    await until(4500);
    assert.deepEqual(told, ['0: answers 100% -', '4: answers 40% -']);
    assert.equal(state.asked, 3);
    await runner.close();
  });

  it('are asked once for many services', async () => {
    const { runner, state, until } = rig();
    runner.configure([shop(policy()), shop(policy({ min: 0.5 }), 2)]);
    await until(4500);
    assert.equal(state.asked, 3);
    await runner.close();
  });

  it('are bounded by what the director allows', async () => {
    const { runner, state, told, until } = rig();
    runner.configure([shop(policy({ min: 0.2, max: 0.8 }))]);
    await until(1000);
    state.line = '0%';
    await until(3000);
    assert.deepEqual(told, ['0: answers 80% -', '2: answers 20% -']);
    await runner.close();
  });

  it('hold what they said last for three intervals of silence, then nothing', async () => {
    const { runner, state, told, until } = rig();
    runner.configure([shop(policy({ allow: ['weight', 'drain'] }))]);
    state.line = '40% drain';
    await until(1000);
    state.line = null;
    await until(20_000);
    assert.deepEqual(told, ['0: answers 40% drain', '2: held 40% drain', '6: silent 100% -']);
    assert.match(
      state.last?.reason ?? '',
      /^since 1970-01-01T00:00:00\.000Z, weight as configured: agent: connect: ECONNREFUSED$/,
    );
    state.line = '40%';
    await until(22_000);
    assert.equal(told.at(-1), '22: answers 40% -');
    await runner.close();
  });

  it('count as silent when they talk nonsense, whatever else is in the answer', async () => {
    const { runner, state, told, until } = rig();
    runner.configure([shop(policy())]);
    state.line = '50%';
    await until(1000);
    state.line = '10% banana';
    await until(7000);
    assert.deepEqual(told, ['0: answers 50% -', '2: held 50% -', '6: silent 100% -']);
    assert.match(state.last?.reason ?? '', /"banana" is none of the protocol/);
    await runner.close();
  });

  it('are not called silent because the director stood still', async () => {
    const { runner, state, told, clock, until } = rig();
    runner.configure([shop(policy())]);
    state.line = '50%';
    await until(3000);
    clock.stall(30_000);
    await clock.advanceAsync(4000);
    assert.deepEqual(told, ['0: answers 50% -']);
    await runner.close();
  });

  it('keep to a word until they take it back, and only to one that is allowed', async () => {
    const { runner, state, told, until } = rig();
    runner.configure([shop(policy({ allow: ['weight', 'maint', 'down'] }))]);
    const lines = ['maint', '50%', 'down', 'ready', 'up', 'drain'];
    for (const [index, line] of lines.entries()) {
      state.line = line;
      await until(index * 2000 + 1000);
    }
    assert.deepEqual(told, [
      '0: answers 100% maint',
      '2: answers 50% maint',
      '6: answers 50% down',
      '8: answers 50% -',
    ]);
    assert.match(state.last?.reason ?? '', /^answered drain, drain not allowed$/);
    await runner.close();
  });

  it('that leave nothing ask to drain where that is allowed, else for the least', async () => {
    for (const [allow, said] of [
      [['weight', 'drain'], '0: answers 0% drain'],
      [['weight'], '0: answers 0% -'],
    ] as const) {
      const { runner, state, told, until } = rig();
      state.line = '0%';
      runner.configure([shop(policy({ min: 0, allow }))]);
      await until(1000);
      assert.deepEqual(told, [said]);
      await runner.close();
    }
  });

  it('change nothing by a percentage that is not allowed', async () => {
    const { runner, state, told, until } = rig();
    state.line = '10% drain';
    runner.configure([shop(policy({ allow: ['drain'] }))]);
    await until(1000);
    assert.deepEqual(told, ['0: answers 100% drain']);
    await runner.close();
  });

  it('go on over a reload, and end with their key', async () => {
    const { runner, state, told, until } = rig();
    state.line = '40%';
    runner.configure([shop(policy())]);
    await until(1000);
    state.line = null;
    runner.configure([shop(policy({ max: 0.9 }))]);
    await until(3000);
    assert.deepEqual(told, ['0: answers 40% -', '2: held 40% -']);
    runner.configure([shop(null)]);
    const { asked } = state;
    await until(9000);
    assert.equal(told.at(-1), '3: none');
    assert.equal(state.asked, asked);
    assert.deepEqual(runner.figures.probes, 0);
    await runner.close();
  });

  it('go on from what an earlier director knew', async () => {
    const { runner, state, told, until } = rig();
    state.line = null;
    const before: AgentReport = {
      state: 'answers',
      share: 0.3,
      wish: 'down',
      wishedMs: 5,
      said: { admin: 'ready', operation: 'down', share: 0.3 },
      reason: 'answered 30% down',
      heardMs: 5,
    };
    runner.configure([shop(policy({ allow: ['weight', 'down'] }))], undefined, (_service, key) =>
      key === A ? before : null,
    );
    await until(1000);
    state.line = '50%';
    await until(3000);
    assert.deepEqual(told, ['0: held 30% down', '2: answers 50% down']);
    assert.equal(state.last?.wishedMs, 5);
    await runner.close();
  });

  for (const [title, allow, lines, wishes] of [
    ['a share of nothing, and not as the word drain', ['weight', 'drain'], ['0%', '80%'], ['drain', null]],
    [
      'each word that stands, also behind a stronger one',
      ['down', 'drain'],
      ['drain down', 'up'],
      ['down', 'drain'],
    ],
  ] as const)
    it(`are remembered over a restart by ${title}`, async () => {
      const before = rig();
      const asked = shop(policy({ min: 0, allow }));
      before.state.line = lines[0];
      before.runner.configure([asked]);
      await before.until(1000);
      assert.equal(before.state.last?.wish, wishes[0]);
      await before.runner.close();
      const after = rig();
      after.state.line = lines[1];
      after.runner.configure([asked], undefined, () => before.state.last);
      await after.until(1000);
      assert.equal(after.state.last?.wish, wishes[1]);
      await after.runner.close();
    });

  it('give the whole weight back when a reload lets their shares count no more', async () => {
    const { runner, state, until } = rig();
    state.line = '30%';
    runner.configure([shop(policy({ allow: ['weight', 'drain'] }))]);
    await until(1000);
    runner.configure([shop(policy({ allow: ['drain'] }))]);
    await until(3000);
    assert.equal(state.last?.share, 1);
    await runner.close();
  });

  it('come to rest at the share that stands, also by answers that do not name it again', async () => {
    const { runner, state, until } = rig();
    runner.configure([shop(policy({ step: 0.2 }))]);
    await until(1000);
    state.line = '40%';
    await until(3000);
    state.line = 'up';
    await until(9000);
    assert.equal(state.last?.share, 0.4);
    runner.configure([shop(policy({ min: 0.5 }))]);
    await until(11_000);
    assert.equal(state.last.share, 0.5);
    await runner.close();
  });
});
