/** Services for one role of their servers: what the file may say beside it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../src/config/load.js';
import { wantsPrimary } from '../../../src/model/wanted-role.js';
import { loadText } from '../../support/config-text.js';

const service = (keys: string): string =>
  `services:\n  - name: db\n    address: 192.0.2.10:6379\n    servers: [10.0.1.11:6379, 10.0.1.12:6379]\n${keys}`;

async function loaded(keys: string) {
  const { model, warnings } = await loadText(service(keys));
  const [db] = model.services;
  assert.ok(db);
  return { db, warned: warnings.map(({ rule }) => rule).filter((rule) => rule.startsWith('role-')) };
}

async function refusals(keys: string): Promise<string[]> {
  try {
    await loadText(service(keys));
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ rule }) => rule);
    throw error;
  }
  return [];
}

const PRIMARY = '    check: { type: redis, role: primary }\n';

describe('services for a role', () => {
  const initials = [
    { name: 'without a role', keys: '    check: { type: redis }\n', initial: 'up' },
    { name: 'with role: any', keys: '    check: { type: redis, role: any }\n', initial: 'up' },
    { name: 'with role: primary', keys: PRIMARY, initial: 'down' },
    { name: 'with role: replica', keys: '    check: { type: redis, role: replica }\n', initial: 'down' },
    {
      name: 'with a role in one of several checks',
      keys: '    checks: [{ type: tcp }, { type: redis, role: replica }]\n',
      initial: 'down',
    },
    { name: 'where the file says up all the same', keys: `${PRIMARY}    initial: up\n`, initial: 'up' },
  ] as const;
  for (const { name, keys, initial } of initials)
    it(`takes a server for ${initial} before its first check ${name}`, async () => {
      const { db, warned } = await loaded(keys);
      assert.deepEqual([db.initial, warned], [initial, []]);
    });

  it('knows which of them is for the primary', async () => {
    const ofChecks = async (keys: string) => wantsPrimary((await loaded(keys)).db);
    assert.equal(await ofChecks(PRIMARY), true);
    assert.equal(await ofChecks('    check: { type: redis, role: replica }\n'), false);
    assert.equal(await ofChecks('    check: { type: tcp }\n'), false);
  });

  it('refuses a guard that would keep former primaries in', async () => {
    assert.deepEqual(await refusals(`${PRIMARY}    panic_threshold: 50%\n`), ['role-panic']);
    assert.deepEqual(
      await refusals('    check: { type: redis, role: replica }\n    panic_threshold: 50%\n'),
      [],
    );
  });

  it('refuses to leave beside the primary whom somebody else puts there', async () => {
    for (const drift of ['alert', 'ignore'])
      assert.deepEqual(await refusals(`${PRIMARY}    drift: ${drift}\n`), ['role-drift']);
    assert.deepEqual(await refusals(`${PRIMARY}    drift: repair\n`), []);
    assert.deepEqual(await refusals('    check: { type: redis, role: replica }\n    drift: alert\n'), []);
  });

  it('refuses a quorum that no single server makes, for there is never more than one', async () => {
    assert.deepEqual(await refusals(`${PRIMARY}    quorum: 2\n`), ['role-quorum']);
    assert.deepEqual(await refusals(`${PRIMARY}    quorum: 1\n    quorum_up: 2\n`), ['role-quorum']);
    assert.deepEqual(await refusals(`${PRIMARY}    quorum: 1\n`), []);
    const reads = '    check: { type: redis, role: replica }\n';
    assert.deepEqual(await refusals(`${reads}    quorum: 2\n`), []);
  });

  it('warns of a sorry server that is one of the databases', async () => {
    const warned = async (keys: string) => (await loaded(keys)).warned;
    assert.deepEqual(await warned(`${PRIMARY}    sorry_server: 10.0.1.12:6379\n`), ['role-sorry']);
    assert.deepEqual(await warned(`${PRIMARY}    sorry_server: 10.0.1.12\n`), ['role-sorry']);
    assert.deepEqual(await warned(`${PRIMARY}    sorry_server: 10.0.1.13:6379\n`), []);
    const reads = '    check: { type: redis, role: replica }\n';
    assert.deepEqual(await warned(`${reads}    sorry_server: 10.0.1.12:6379\n`), []);
  });

  it('refuses two roles for one server', async () => {
    const checks =
      '    checks: [{ type: redis, role: primary }, { type: redis, port: 6380, role: replica }]\n';
    assert.deepEqual(await refusals(checks), ['role-conflict']);
    assert.deepEqual(await refusals(checks.replace('replica', 'any')), []);
  });

  it('warns of what has no effect where there is one server at a time', async () => {
    const { warned } = await loaded(`${PRIMARY}    on_failure: quiesce\n    persistence: { timeout: 5m }\n`);
    assert.deepEqual(warned, ['role-quiesce', 'role-persistence']);
    const reads = await loaded('    check: { type: redis, role: replica }\n    on_failure: quiesce\n');
    assert.deepEqual(reads.warned, []);
  });
});
