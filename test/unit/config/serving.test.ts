/** The keys about who serves when servers fail: what they become, and what is told about them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../src/config/load.js';
import { loadText } from '../../support/config-text.js';

const POOLS = 'pools: { web: [10.0.1.11:80, 10.0.1.12:80], standby: [10.0.2.11:80] }\n';
const WEB = 'services:\n  - name: web\n    address: 192.0.2.10:80\n    servers: [{ pool: web }]\n';

async function webOf(keys: string, head = '') {
  const { model, warnings } = await loadText(`${head}${POOLS}${WEB}${keys}`);
  const [web] = model.services;
  assert.ok(web);
  return { web, told: warnings.filter(({ rule }) => rule !== 'unused-pool') };
}

async function refusalsOf(keys: string, head = ''): Promise<string[]> {
  try {
    await loadText(`${head}${POOLS}${WEB}${keys}`);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(({ rule, message, hint }) => `${rule}: ${message} => ${hint ?? ''}`);
    throw error;
  }
  return [];
}

describe('who serves, as the file says it', () => {
  it('has defaults that change nothing', async () => {
    const { web } = await webOf('');
    const { recovery, quorum, quorumUp, panicThreshold, backupPool, sorryServer, settings } = web;
    assert.deepEqual(
      { recovery, quorum, quorumUp, panicThreshold, backupPool, sorryServer, lostFlows: settings.lostFlows },
      {
        recovery: { kind: 'auto' },
        quorum: 1,
        quorumUp: 1,
        panicThreshold: 0,
        backupPool: null,
        sorryServer: null,
        lostFlows: 'keep',
      },
    );
  });

  it('puts the servers of the backup pool behind the others, and says so of each', async () => {
    const { web, told } = await webOf('    backup_pool: standby\n');
    assert.deepEqual(
      web.servers.map(({ key, backup }) => [key, backup]),
      [
        ['10.0.1.11:80', undefined],
        ['10.0.1.12:80', undefined],
        ['10.0.2.11:80', true],
      ],
    );
    assert.deepEqual([web.backupPool, told], ['standby', []]);
  });

  it('calls a pool that only a backup_pool names used', async () => {
    const { warnings } = await loadText(`${POOLS}${WEB}    backup_pool: standby\n`);
    assert.deepEqual(warnings, []);
  });

  it('gives the sorry server the port and the forwarding of the service', async () => {
    const { web } = await webOf('    forwarding: dr\n    sorry_server: 10.0.1.250\n');
    const { key, forwarding, weight, port } = web.sorryServer!;
    assert.deepEqual([key, forwarding, weight, port], ['10.0.1.250:80', 'dr', 1, 80]);
  });

  it('lets a server be the sorry server, too', async () => {
    const { web, told } = await webOf('    sorry_server: 10.0.1.11:80\n');
    assert.deepEqual([web.sorryServer?.key, told], ['10.0.1.11:80', []]);
  });

  it('lets the sorry server have another family in a tunnel', async () => {
    const { web } = await webOf('    forwarding: tun\n    sorry_server: "2001:db8::9"\n');
    assert.deepEqual([web.sorryServer?.family, web.sorryServer?.tunnel?.type], [6, 'ipip']);
  });

  it('takes quorum_up from quorum where it stands alone', async () => {
    const { web } = await webOf('    quorum: 2\n');
    assert.deepEqual([web.quorum, web.quorumUp], [2, 2]);
  });

  for (const [text, recovery] of [
    ['manual', { kind: 'manual' }],
    ['{ delayed: 60s }', { kind: 'delayed', delayMs: 60_000 }],
  ] as const)
    it(`knows recovery: ${text}`, async () => {
      assert.deepEqual((await webOf(`    recovery: ${text}\n`)).web.recovery, recovery);
    });

  it('has a lost_flows of its own on the userspace plane', async () => {
    const { web } = await webOf('    dataplane: proxy\n    lost_flows: reset\n');
    assert.equal(web.settings.lostFlows, 'reset');
  });
});

describe('who serves, where the file is odd', () => {
  const warned = async (keys: string): Promise<string[]> =>
    (await webOf(keys)).told.map(({ rule, message }) => `${rule}: ${message}`);

  it('warns of a quorum that nobody can make', async () => {
    assert.deepEqual(await warned('    quorum: 3\n'), [
      'quorum-unreachable: quorum 3 is never reached: the servers of "web" have weight 2 together',
    ]);
  });

  it('counts no backups', async () => {
    assert.equal((await warned('    quorum: 3\n    backup_pool: standby\n')).length, 1);
  });

  it('warns of a quorum that cannot come back', async () => {
    assert.deepEqual(await warned('    quorum: 2\n    quorum_up: 3\n'), [
      'quorum-unreachable: quorum_up 3 is never reached again once it was lost: the servers of "web" have weight 2 together',
    ]);
  });

  it('warns of clients that hash to a quiesced server, unless there is a fallback', async () => {
    const quiesce = '    on_failure: quiesce\n    scheduler: ';
    for (const scheduler of ['dh', 'sh', 'mh']) {
      const [told, ...more] = await warned(`${quiesce}${scheduler}\n`);
      assert.match(
        told ?? '',
        /^quiesce-hash: the scheduler .h goes on to choose a failed server of weight 0/,
      );
      assert.deepEqual(more, []);
    }
    assert.deepEqual(await warned(`${quiesce}mh\n    scheduler_flags: [mh-fallback]\n`), []);
    assert.deepEqual(await warned(`${quiesce}wlc\n`), []);
  });

  it('warns of UDP clients that stay with a quiesced server', async () => {
    const told = await warned('    protocol: udp\n    on_failure: quiesce\n');
    assert.deepEqual(told, [
      'quiesce-udp: UDP clients of a failed server of "web" stay with it for as long as they go on sending',
    ]);
  });
});

describe('who serves, where the file is wrong', () => {
  const cases: readonly [name: string, keys: string, told: readonly string[]][] = [
    [
      'a server of its own in the backup pool',
      '    backup_pool: web\n',
      ['duplicate-server: the service "web" takes the pool "web" twice, first at '],
    ],
    [
      'a pool by a wrong name',
      '    backup_pool: stanby\n',
      ['unknown-pool: there is no pool "stanby" => did you mean "standby"?'],
    ],
    [
      'a sorry server of the other family',
      '    sorry_server: "[2001:db8::9]:80"\n',
      [
        'server-family: the sorry server 2001:db8::9 is IPv6, the service "web" is IPv4 => families may differ only with forwarding: tun',
      ],
    ],
    [
      'a sorry server with a port of its own under dr',
      '    forwarding: dr\n    sorry_server: 10.0.1.250:8080\n',
      [
        'server-port: with forwarding dr the sorry server keeps the port 80 of the service "web" => write 10.0.1.250 without a port',
      ],
    ],
    ['a word that is no recovery', '    recovery: later\n', ['not-allowed: "later" is not allowed here']],
    [
      'a delay without a unit',
      '    recovery: { delayed: 60 }\n',
      ['bad-duration: 60 is not a duration: it has no unit => write a unit: 60s'],
    ],
    ['a share of more than all', '    panic_threshold: 101%\n', ['percent-range: "101%" is out of range']],
    ['a quorum of nothing', '    quorum: 0\n', ['out-of-range: 0 is out of range']],
    [
      'lost_flows of one service on the kernel plane',
      '    lost_flows: drop\n',
      [
        'kernel-lost-flows: on the kernel plane lost_flows holds for the whole network namespace (net.ipv4.vs.expire_nodest_conn): a service cannot have its own => write director.lost_flows, or dataplane: proxy at the service',
      ],
    ],
  ];
  for (const [name, keys, told] of cases)
    it(`refuses ${name}`, async () => {
      const refusals = await refusalsOf(keys);
      assert.equal(refusals.length, told.length, refusals.join('\n'));
      for (const [index, text] of told.entries())
        assert.ok(refusals[index]?.startsWith(text), refusals[index]);
    });

  it('refuses lost_flows of one service where the plane may turn out to be the kernel', async () => {
    assert.equal((await refusalsOf('    lost_flows: drop\n', 'director: { dataplane: auto }\n')).length, 1);
    assert.equal((await refusalsOf('    lost_flows: drop\n', 'director: { dataplane: proxy }\n')).length, 0);
  });
});
