import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { PlanAnswer, PlanStep } from '../../../../src/api/protocol.js';
import { cli, type CliResult } from '../../../support/test-director.js';

const folder = mkdtempSync(join(tmpdir(), 'lvsd-plan-'));
after(() => rmSync(folder, { recursive: true }));

const step: PlanStep = {
  kind: 'delete-service',
  phase: 4,
  service: 'shop',
  server: null,
  detail: 'tcp:192.0.2.10:80',
  liveConnections: 3,
};
const refusal = 'the file removes 5 of 7 services\nif this is meant: lvsd apply --force';

/** Where no director runs. */
function planAlone(
  answer: Pick<PlanAnswer, 'steps' | 'refusedWithoutForce'>,
  ...words: string[]
): Promise<CliResult> {
  const made = { answer: { file: '/lvsd.yaml', warnings: [], ...answer }, against: "the kernel's table" };
  const all = ['plan', '-c', join(folder, 'lvsd.yaml'), '--socket', join(folder, 'none.sock'), ...words];
  return cli(all, { programs: { planAlone: () => Promise.resolve(made) } });
}

describe('lvsd plan without a director', () => {
  it('prints steps and refusal and exits 1 where apply would be refused, with --detailed-exitcode too', async () => {
    for (const words of [[], ['--detailed-exitcode']]) {
      const { code, out, err } = await planAlone({ steps: [step], refusedWithoutForce: refusal }, ...words);
      assert.equal(code, 1);
      assert.match(out, /^- +delete service +shop +3 /m);
      assert.match(err, /lvsd apply would be refused without --force: the file removes 5 of 7 services\n/);
      assert.match(err, /lvsd apply --force$/m);
    }
  });

  it('exits 1 with --json too, which holds the refusal', async () => {
    const { code, out } = await planAlone({ steps: [step], refusedWithoutForce: refusal }, '--json');
    assert.equal(code, 1);
    assert.equal((JSON.parse(out) as PlanAnswer).refusedWithoutForce, refusal);
  });

  it('exits 0 for steps that may pass, and 3 when asked', async () => {
    const allowed = { steps: [step], refusedWithoutForce: null };
    assert.equal((await planAlone(allowed)).code, 0);
    assert.equal((await planAlone(allowed, '--detailed-exitcode')).code, 3);
    assert.equal((await planAlone({ ...allowed, steps: [] }, '--detailed-exitcode')).code, 0);
  });
});
