/** Checks of MySQL, MariaDB, MongoDB and Elasticsearch in the file: what they become, what is refused, what is shown. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../src/config/load.js';
import type { ActiveCheck } from '../../../src/model/health-check.js';
import { loadText } from '../../support/config-text.js';

const environment = { DB_PASSWORD: 'geheim' };

function file(check: string, protocol = 'tcp'): string {
  return `services: [{ name: db, address: 192.0.2.10:3306, protocol: ${protocol}, servers: [10.0.1.11:3306], check: ${check} }]`;
}

/** The check without its times. */
async function content(check: string): Promise<Omit<ActiveCheck, 'timing'>> {
  const { model } = await loadText(file(check), { environment });
  const [found] = model.services[0]?.checks ?? [];
  assert.ok(found);
  const { timing: _timing, ...rest } = found;
  return rest;
}

async function refusal(check: string, protocol = 'tcp'): Promise<{ rules: string[]; report: string }> {
  try {
    await loadText(file(check, protocol), { environment });
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return { rules: error.problems.map(({ rule }) => rule), report: error.report({ color: false }) };
  }
  return { rules: [], report: '' };
}

const nobody = { username: null, password: null };
const database = { port: null, tls: null, role: 'any', maxLagMs: null };

describe('a check of a database', () => {
  it('has its defaults', async () => {
    assert.deepEqual(await content('{ type: mysql, username: lvsd }'), {
      ...database,
      type: 'mysql',
      database: null,
      donor: 'down',
      credentials: { username: 'lvsd', password: null },
    });
    assert.deepEqual(await content('{ type: mongodb }'), {
      ...database,
      type: 'mongodb',
      authDatabase: 'admin',
      replicaSet: null,
      credentials: nobody,
    });
    assert.deepEqual(await content('{ type: elasticsearch }'), {
      type: 'elasticsearch',
      port: null,
      tls: null,
      clusterStatus: 'yellow',
      clusterName: null,
      credentials: nobody,
    });
  });

  it('takes every key', async () => {
    const tls = 'tls: true, server_name: db.example, tls_verify: false';
    const trust = { verify: false, authorities: null, client: null, serverName: 'db.example' };
    const who = "username: lvsd, password: '${DB_PASSWORD}'";
    const credentials = { username: 'lvsd', password: 'geheim' };
    assert.deepEqual(
      await content(
        `{ type: mariadb, port: 3307, ${who}, ${tls}, role: replica, max_lag: 5s, database: shop, donor: up }`,
      ),
      {
        type: 'mariadb',
        port: 3307,
        tls: trust,
        role: 'replica',
        maxLagMs: 5000,
        database: 'shop',
        donor: 'up',
        credentials,
      },
    );
    assert.deepEqual(
      await content(
        `{ type: mongodb, ${who}, ${tls}, role: primary, replica_set: rs0, auth_database: ops, source: 10.0.1.2 }`,
      ),
      {
        type: 'mongodb',
        port: null,
        source: { address: '10.0.1.2', interface: null, mark: null },
        tls: trust,
        role: 'primary',
        maxLagMs: null,
        authDatabase: 'ops',
        replicaSet: 'rs0',
        credentials,
      },
    );
    assert.deepEqual(
      await content(`{ type: elasticsearch, ${who}, ${tls}, cluster_status: green, cluster_name: logs }`),
      {
        type: 'elasticsearch',
        port: null,
        tls: trust,
        clusterStatus: 'green',
        clusterName: 'logs',
        credentials,
      },
    );
  });

  it('with a role makes its servers count as down until they have said who they are', async () => {
    const initial = async (check: string): Promise<string | undefined> =>
      (await loadText(file(check), { environment })).model.services[0]?.initial;
    assert.equal(await initial('{ type: mysql, username: lvsd, role: primary }'), 'down');
    assert.equal(await initial('{ type: mongodb, role: replica }'), 'down');
    assert.equal(await initial('{ type: mysql, username: lvsd }'), 'up');
  });

  const refused: Readonly<Record<string, string>> = {
    '{ type: mysql }': 'missing-key',
    '{ type: mysql, username: lvsd, donor: maybe }': 'not-allowed',
    '{ type: mysql, username: lvsd, role: slave }': 'not-allowed',
    '{ type: mysql, username: lvsd, max_lag: 25h }': 'duration-range',
    '{ type: mysql, username: lvsd, password: geheim }': 'secret-literal',
    '{ type: mysql, username: lvsd, database: "" }': 'bad-database',
    '{ type: mysql, username: lvsd, server_name: db.example }': 'tls-without',
    '{ type: mysql, username: lvsd, replica_set: rs0 }': 'misplaced-key',
    '{ type: mongodb, replica_set: "" }': 'bad-replica-set',
    '{ type: mongodb, auth_database: "a\\tb" }': 'bad-database',
    '{ type: elasticsearch, cluster_status: blue }': 'not-allowed',
    '{ type: elasticsearch, cluster_name: "" }': 'bad-cluster-name',
    '{ type: elasticsearch, role: primary }': 'misplaced-key',
    '{ type: elasticsearch, server_name: db.example }': 'tls-without',
  };
  for (const [check, rule] of Object.entries(refused))
    it(`is refused as ${check}`, async () => {
      const { rules, report } = await refusal(check);
      assert.deepEqual(rules, [rule], report);
      assert.ok(!report.includes('geheim'), report);
    });

  for (const type of ['mysql, username: lvsd', 'mariadb, username: lvsd', 'mongodb', 'elasticsearch'])
    it(`of type ${type} cannot ask the port of a udp service`, async () => {
      assert.deepEqual((await refusal(`{ type: ${type} }`, 'udp')).rules, ['check-protocol']);
      assert.deepEqual((await refusal(`{ type: ${type}, port: 3306 }`, 'udp')).rules, []);
    });
});
