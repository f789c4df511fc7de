/** Checks of databases in the file: who the probe is, how it trusts, and what is refused. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ConfigError } from '../../../src/config/load.js';
import type { ActiveCheck } from '../../../src/model/health-check.js';
import { loadText } from '../../support/config-text.js';

const environment = { DB_PASSWORD: 'hunter2' };

function file(check: string, more = ''): string {
  return `services: [{ name: db, address: 192.0.2.10:80, servers: [10.0.1.11:8080], check: { ${check} }${more} }]`;
}

async function parsed(check: string): Promise<ActiveCheck> {
  const { model } = await loadText(file(check), { environment });
  const [found] = model.services[0]?.checks ?? [];
  assert.ok(found);
  return found;
}

async function faultOf(check: string, more = ''): Promise<{ rules: string[]; report: string }> {
  try {
    const { warnings } = await loadText(file(check, more), { environment });
    return { rules: warnings.map(({ rule }) => rule), report: '' };
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return { rules: error.problems.map(({ rule }) => rule), report: error.report({ color: false }) };
  }
}

describe('a check of a database', () => {
  let folder = '';
  before(() => (folder = mkdtempSync(join(tmpdir(), 'lvsd-database-check-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('has defaults that ask for nothing', async () => {
    const { timing: _timing, ...redis } = await parsed('type: redis');
    assert.deepEqual(redis, {
      type: 'redis',
      port: null,
      credentials: { username: null, password: null },
      tls: null,
      role: 'any',
      maxLagMs: null,
    });
    const { timing: _times, ...postgresql } = await parsed('type: postgresql, username: lvsd');
    assert.deepEqual(postgresql, {
      type: 'postgresql',
      port: null,
      credentials: { username: 'lvsd', password: null },
      database: 'postgres',
      tls: null,
      role: 'any',
      maxLagMs: null,
    });
  });

  it('takes the password from a variable or a file', async () => {
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'hunter3\n');
    chmodSync(secret, 0o600);
    for (const [key, password] of [
      ['password: "${DB_PASSWORD}"', 'hunter2'],
      [`password_file: ${secret}`, 'hunter3'],
    ] as const)
      for (const type of ['redis', 'postgresql']) {
        const check = await parsed(`type: ${type}, username: "lvsd:1", ${key}`);
        assert.deepEqual('credentials' in check && check.credentials, { username: 'lvsd:1', password });
      }
    chmodSync(secret, 0o644);
    assert.deepEqual((await faultOf(`type: redis, password_file: ${secret}`)).rules, ['password-file-mode']);
    const missing = await faultOf('type: redis, password_file: none');
    assert.deepEqual(missing.rules, ['password-file']);
    assert.match(missing.report, /services\[0\]\.check\.password_file: "none": ENOENT/);
  });

  it('trusts by its own keys, with tls alone', async () => {
    const check = await parsed(
      'type: postgresql, username: lvsd, tls: true, server_name: db.example, tls_verify: false',
    );
    assert.deepEqual('tls' in check && check.tls, {
      verify: false,
      serverName: 'db.example',
      authorities: null,
      client: null,
    });
  });

  const bad: Readonly<Record<string, string>> = {
    'type: redis, password: hunter2': 'secret-literal',
    'type: redis, username: "a\\nb"': 'bad-username',
    'type: redis, password: "${DB_PASSWORD}", password_file: x': 'password-conflict',
    'type: redis, server_name: db.example': 'tls-without',
    'type: redis, tls: true, cert_file: x': 'tls-client',
    'type: redis, role: master': 'not-allowed',
    'type: redis, role: replica, max_lag: 25h': 'duration-range',
    'type: redis, database: shop': 'misplaced-key',
    'type: postgresql': 'missing-key',
    'type: postgresql, username: lvsd, database: ""': 'bad-database',
  };
  for (const [check, rule] of Object.entries(bad))
    it(`{ ${check} } is refused by ${rule}`, async () => {
      const { rules, report } = await faultOf(check);
      assert.ok(rules.includes(rule), rules.join(', '));
      assert.ok(report !== '' && !report.includes('hunter2'), report);
    });

  it('names the variable of a password that is not set or empty, and no default, which would be refused', async () => {
    const missing = await faultOf('type: redis, password: "${UNSET_PW}"');
    assert.deepEqual(missing.rules, ['variable-missing']);
    assert.match(
      missing.report,
      /set UNSET_PW in the environment of lvsd, or use password_file: a secret has no default/,
    );
    const text = file('type: redis, password: "${EMPTY_PW}"');
    await assert.rejects(loadText(text, { environment: { EMPTY_PW: '' } }), (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.report({ color: false }), /the variable of this secret is empty: EMPTY_PW/);
      return true;
    });
  });

  it('says which types have a key that stands beside another type', async () => {
    const { rules, report } = await faultOf('type: tcp, role: primary');
    assert.deepEqual(rules, ['misplaced-key']);
    assert.match(report, /role is a key of type: redis, postgresql, mysql, mariadb, mongodb$/m);
  });

  it('warns of a lag that says nothing, or too much', async () => {
    assert.deepEqual((await faultOf('type: redis, role: primary, max_lag: 20s')).rules, ['check-lag']);
    assert.deepEqual((await faultOf('type: redis, role: replica, max_lag: 5s')).rules, ['check-lag']);
    const { warnings } = await loadText(file('type: redis, role: replica, max_lag: 9s'), { environment });
    assert.match(warnings[0]?.hint ?? '', /^write max_lag: 10s or more; /);
    assert.deepEqual((await faultOf('type: redis, role: replica, max_lag: 10s')).rules, []);
    assert.deepEqual((await faultOf('type: postgresql, username: a, role: replica, max_lag: 5s')).rules, []);
  });

  it('needs a port of its own beside a service of another protocol', async () => {
    for (const check of ['type: redis', 'type: postgresql, username: lvsd']) {
      assert.deepEqual((await faultOf(check, ', protocol: udp')).rules, ['check-protocol']);
      assert.deepEqual((await faultOf(`${check}, port: 6379`, ', protocol: udp')).rules, []);
    }
  });
});
