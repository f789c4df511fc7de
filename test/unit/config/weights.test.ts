/** The keys about weights that change by themselves: what they become, and what is told about them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../src/config/load.js';
import { loadText } from '../../support/config-text.js';

function shopText(keys: string, weight = 100, scheduler = 'wlc'): string {
  return `services:
  - name: shop
    address: 192.0.2.10:80
    scheduler: ${scheduler}
    ${keys}
    servers: [{ address: 10.0.1.11:80, weight: ${weight} }, { address: 10.0.1.12:80, weight: ${weight} }]
`;
}

async function shopOf(keys: string, weight?: number, scheduler?: string) {
  const { model, warnings } = await loadText(shopText(keys, weight, scheduler));
  const [shop] = model.services;
  assert.ok(shop);
  return { shop, told: warnings.map(({ rule, message }) => `${rule}: ${message}`) };
}

async function refusalsOf(keys: string): Promise<readonly string[]> {
  try {
    await loadText(shopText(keys));
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ rule }) => rule);
    throw error;
  }
  return [];
}

describe('agent and slow_start', () => {
  it('are absent by default', async () => {
    const { shop, told } = await shopOf('');
    assert.deepEqual([shop.agent, shop.slowStartMs, told], [undefined, undefined, []]);
  });

  it('have defaults that are careful', async () => {
    const { shop, told } = await shopOf('agent: { port: 9412 }');
    assert.deepEqual(shop.agent, {
      question: {
        type: 'agent',
        timing: {
          intervalMs: 2000,
          fastIntervalMs: 2000,
          downIntervalMs: 2000,
          timeoutMs: 1000,
          rise: 1,
          fall: 1,
          jitter: 0.1,
        },
        port: 9412,
        send: null,
      },
      min: 0.1,
      max: 1,
      allow: ['weight'],
      smoothing: 0.5,
      step: 0.25,
    });
    assert.deepEqual(told, []);
  });

  it('become what the director does', async () => {
    const { shop } = await shopOf(
      "slow_start: 30s\n    agent: { port: 1, send: 'w\\n', source: 10.0.1.2, mark: 7, min: 0%, max: 150%, allow: [weight, down, drain, down], smoothing: 0%, step: 100% }",
    );
    assert.equal(shop.slowStartMs, 30_000);
    const { question, ...limits } = shop.agent ?? assert.fail();
    assert.deepEqual(
      [question.send, question.source],
      ['w\n', { address: '10.0.1.2', interface: null, mark: 7 }],
    );
    assert.deepEqual(limits, { min: 0, max: 1.5, allow: ['down', 'drain', 'weight'], smoothing: 0, step: 1 });
  });

  it('warn where weights of 1 leave them nothing to do, and say the cure', async () => {
    for (const [keys, subject] of [
      ['slow_start: 30s', 'slow_start'],
      ['agent: { port: 9412 }', 'agent'],
    ] as const) {
      const { told } = await shopOf(keys, 1);
      assert.deepEqual(told, [
        `weight-too-small: ${subject} cannot give a share of the weight 1 (10.0.1.11:80 and 1 more): weights are whole numbers`,
      ]);
    }
    assert.deepEqual((await shopOf('agent: { port: 9412, allow: [drain] }', 1)).told, []);
  });

  it('warn under schedulers that do not look at weights, or move clients by them', async () => {
    for (const [scheduler, count] of [
      ['rr', 1],
      ['lc', 1],
      ['mh', 1],
      ['fo', 1],
      ['wrr', 0],
      ['sed', 0],
      ['lblcr', 0],
    ] as const) {
      const { told } = await shopOf('slow_start: 30s', 100, scheduler);
      assert.equal(told.filter((line) => line.startsWith('weight-scheduler: ')).length, count, scheduler);
    }
  });

  it('warn of a timeout that is longer than the interval', async () => {
    const { told } = await shopOf('agent: { port: 9412, interval: 1s, timeout: 2s }');
    assert.deepEqual(told, ['check-timing: timeout 2s is longer than interval 1s']);
  });

  const refused: readonly [name: string, keys: string, rules: readonly string[]][] = [
    ['an agent without a port', 'agent: { min: 10% }', ['missing-key']],
    ['a port that is none', 'agent: { port: 70000 }', ['out-of-range']],
    ['bounds the wrong way round', 'agent: { port: 1, min: 60%, max: 50% }', ['agent-bounds']],
    ['a bound that lets nothing through', 'agent: { port: 1, min: 0%, max: 0% }', ['agent-bounds']],
    ['a step of nothing', 'agent: { port: 1, step: 0% }', ['agent-step']],
    ['a smoothing that never lets go', 'agent: { port: 1, smoothing: 100% }', ['percent-range']],
    ['a power that is none', 'agent: { port: 1, allow: [restart] }', ['not-allowed']],
    ['a key of checks that has no meaning here', 'agent: { port: 1, rise: 2 }', ['unknown-key']],
    ['a source of the other family', 'agent: { port: 1, source: "2001:db8::1" }', ['check-source']],
    ['a slow start without time', 'slow_start: 0s', ['duration-range']],
    [
      'a dynamic weight that is no flag',
      'check: { type: exec, command: [/bin/true], dynamic_weight: 3 }',
      ['wrong-type'],
    ],
    ['a mode of files that is none', 'check: { type: file, path: /x, mode: wait }', ['not-allowed']],
  ];
  for (const [name, keys, rules] of refused)
    it(`refuse ${name}`, async () => assert.deepEqual(await refusalsOf(keys), rules));

  it('never show what an agent is sent', async () => {
    const error = await loadText(shopText("agent: { port: 1, send: 'hunter2\\q' }")).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof ConfigError);
    assert.equal(error.report({ color: false }).includes('hunter2'), false);
    assert.match(error.report({ color: false }), /begins no escape/);
  });

  it('let programs and files of checks say a weight', async () => {
    const { shop } = await shopOf(
      'checks: [{ type: exec, command: [/bin/true], dynamic_weight: true }, { type: exec, command: [/bin/true] }, { type: file, path: /x, mode: weight }]',
    );
    assert.deepEqual(
      shop.checks.map((check) => ('mode' in check ? check.mode : 'dynamicWeight' in check)),
      [true, false, 'weight'],
    );
  });
});
