import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { effectiveWeight, type WeightFactors } from '../../../src/controller/effective-weight.js';
import type { AgentReport } from '../../../src/model/agent.js';
import { seededRandom } from '../../support/random.js';

function agent(share: number, changes: Partial<AgentReport> = {}): AgentReport {
  return { state: 'answers', share, wish: null, wishedMs: 0, reason: 'answered', heardMs: 0, ...changes };
}

function weigh(factors: Partial<WeightFactors>): string {
  const { weight, reason } = effectiveWeight({ weight: 100, isOperators: false, ...factors });
  return reason === '' ? String(weight) : `${weight} ${reason}`;
}

describe('effectiveWeight', () => {
  const table: readonly [name: string, factors: Partial<WeightFactors>, said: string][] = [
    ['is as configured when nothing is known', {}, '100'],
    ['follows the agent', { agent: agent(0.4) }, '40 agent 40%'],
    ['says nothing of an agent that leaves all', { agent: agent(1) }, '100'],
    ['takes a share by the checks', { load: { weight: null, share: 0.75 } }, '75 check load 75%'],
    [
      'takes a weight by the checks in place of the configured',
      { load: { weight: 30, share: 1 } },
      '30 check sets weight 30',
    ],
    [
      "does not let a check replace the operator's weight",
      { weight: 10, isOperators: true, load: { weight: 30, share: 1 } },
      '10',
    ],
    [
      "takes a share of the operator's weight",
      { weight: 10, isOperators: true, load: { weight: null, share: 0.5 } },
      '5 check load 50%',
    ],
    [
      'multiplies all of them',
      { load: { weight: 200, share: 0.5 }, agent: agent(0.5), slowStart: 0.5 },
      '25 check sets weight 200, check load 50%, agent 50%, slow start 50%',
    ],
    ['never comes to 0 by rounding', { weight: 3, agent: agent(0.1) }, '1 agent 10%'],
    ['never comes to 0 at the beginning of a slow start', { slowStart: 0 }, '1 slow start 0%'],
    ['never comes to 0 by an agent alone', { agent: agent(0) }, '1 agent 0%'],
    [
      'is 0 where the file says so',
      { weight: 0, agent: agent(0.5), load: { weight: 50, share: 1 } },
      '0 check sets weight 50, agent 50%',
    ],
    ['is 0 where a check asks for the weight 0', { load: { weight: 0, share: 1 } }, '0 check sets weight 0'],
    ['is 0 where a check asks for no share', { load: { weight: null, share: 0 } }, '0 check load 0%'],
    ['is never above what the kernel takes', { weight: 60_000, agent: agent(2) }, '65535 agent 200%'],
    ['rounds as people do', { weight: 1000, agent: agent(0.0285) }, '29 agent 3%'],
    [
      'says of a silent agent why the weight is as configured',
      { agent: agent(1, { state: 'silent', reason: 'since 12:00' }) },
      '100 agent silent: since 12:00',
    ],
  ];
  for (const [name, factors, said] of table) it(name, () => assert.equal(weigh(factors), said));

  it('is 0 only by whom it is asked for, and whole', () => {
    const seeded = seededRandom(1);
    const random = (): number => seeded.next();
    for (let round = 0; round < 5000; round++) {
      const { weight } = effectiveWeight({
        weight: 1 + Math.floor(random() * 65_535),
        isOperators: random() < 0.5,
        load: random() < 0.5 ? undefined : { weight: null, share: 0.001 + random() },
        agent: random() < 0.5 ? undefined : agent(random() * 10),
        slowStart: random() < 0.5 ? undefined : random(),
      });
      assert.ok(Number.isInteger(weight) && weight >= 1 && weight <= 65_535, String(weight));
    }
  });
});
