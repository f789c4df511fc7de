import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, memorySource } from '../../../src/config/load.js';
import { loadText } from '../../support/config-text.js';

const WEB = 'services:\n  - name: web\n    address: 192.0.2.10:80\n';

async function rulesOf(...args: Parameters<typeof loadText>): Promise<string[]> {
  try {
    await loadText(...args);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map((problem) => problem.rule);
  }
  return [];
}

async function service(text: string) {
  const { model } = await loadText(text);
  const [first] = model.services;
  assert.ok(first);
  return first;
}

describe('loadConfig', () => {
  it('fills in every default of a service', async () => {
    assert.deepEqual(await service(`${WEB}    servers: [10.0.1.11:8080]\n`), {
      name: 'web',
      key: 'tcp:192.0.2.10:80',
      address: { kind: 'address', family: 4, address: '192.0.2.10', port: 80, protocol: 'tcp' },
      settings: {
        scheduler: 'wlc',
        schedulerFlags: [],
        persistence: null,
        onePacket: false,
        retries: 1,
        lostFlows: 'keep',
        expireQuiescent: false,
      },
      forwarding: 'nat',
      plane: 'kernel',
      fallback: 'none',
      checks: [
        {
          type: 'tcp',
          timing: {
            intervalMs: 2000,
            fastIntervalMs: 2000,
            downIntervalMs: 2000,
            timeoutMs: 1000,
            rise: 2,
            fall: 3,
            jitter: 0.1,
          },
          port: null,
          send: null,
          expect: null,
          maxBytes: 1024,
        },
      ],
      requiredChecks: 1,
      initial: 'up',
      onFailure: 'remove',
      recovery: { kind: 'auto' },
      quorum: 1,
      quorumUp: 1,
      panicThreshold: 0,
      backupPool: null,
      sorryServer: null,
      drain: { timeoutMs: 300_000, templates: 'keep' },
      drift: 'repair',
      interface: null,
      servers: [
        {
          name: '10.0.1.11:8080',
          key: '10.0.1.11:8080',
          family: 4,
          address: '10.0.1.11',
          port: 8080,
          weight: 1,
          forwarding: 'nat',
          tunnel: null,
          upperThreshold: 0,
          lowerThreshold: 0,
        },
      ],
    });
  });

  it('fills in every default of the director', async () => {
    const { model } = await loadText(WEB);
    assert.deepEqual(model.director, {
      name: 'here',
      dataplane: 'kernel',
      adminSocket: null,
      adminListen: { address: '127.0.0.1', port: 9410 },
      stateDir: null,
      timeouts: { tcpSec: null, tcpFinSec: null, udpSec: null },
      onStop: 'keep',
      unmanaged: 'keep',
      drift: 'repair',
      resyncMs: 30_000,
      shrinkGuard: 0.5,
      sysctls: 'check',
      lostFlows: 'reset',
      marks: { base: 0x4c000000, size: 65536 },
      probe: { max: 256 },
      history: 50,
      health: { maxProbes: 1024, maxRate: 10_000 },
      proxy: { engine: 'auto' },
    });
  });

  it('has the same defaults for a check that is left out as for one that is not', async () => {
    const [left, given] = await Promise.all([service(WEB), service(`${WEB}    check: { type: tcp }\n`)]);
    assert.deepEqual(left.checks, given.checks);
  });

  it('checks udp and sctp services only when asked', async () => {
    for (const protocol of ['udp', 'sctp'])
      assert.deepEqual((await service(`${WEB}    protocol: ${protocol}\n`)).checks, []);
  });

  it('reads several checks, each with its own times, and how many must be good', async () => {
    const fast = '{ type: tcp, interval: 10s, fast_interval: 1s, down_interval: 30s }';
    const text = (require: string) =>
      `${WEB}    checks: [${fast}, { type: tcp, port: 81 }, { type: http }]\n    require: ${require}\n`;
    const { checks, requiredChecks } = await service(text('all'));
    assert.deepEqual(
      checks.map(({ type, timing }) => [
        type,
        timing.intervalMs,
        timing.fastIntervalMs,
        timing.downIntervalMs,
      ]),
      [
        ['tcp', 10_000, 1000, 30_000],
        ['tcp', 2000, 2000, 2000],
        ['http', 2000, 2000, 2000],
      ],
    );
    assert.equal(requiredChecks, 3);
    assert.equal((await service(text('any'))).requiredChecks, 1);
    assert.equal((await service(text('{ at_least: 2 }'))).requiredChecks, 2);
  });

  it('reads a whole http check', async () => {
    const check =
      '{ type: https, port: 8443, path: "/a?b=c", host: shop.example, expect_status: [200, 301-302], tls_verify: false, interval: 500ms, timeout: 100ms, rise: 1, fall: 1, jitter: 0%, basic_auth: { username: u, password: "${PW}" } }';
    const { model } = await loadText(`${WEB}    check: ${check}\n`, { environment: { PW: 'secret' } });
    assert.deepEqual(model.services[0]?.checks[0], {
      type: 'https',
      timing: {
        intervalMs: 500,
        fastIntervalMs: 500,
        downIntervalMs: 500,
        timeoutMs: 100,
        rise: 1,
        fall: 1,
        jitter: 0,
      },
      port: 8443,
      path: '/a?b=c',
      host: 'shop.example',
      expectStatus: [
        { first: 200, last: 200 },
        { first: 301, last: 302 },
      ],
      method: 'GET',
      headers: {},
      expectBody: null,
      expectJson: null,
      tls: { verify: false, authorities: null, client: null },
      basicAuth: { username: 'u', password: 'secret' },
    });
  });

  it('switches the listener off with none', async () => {
    const { model } = await loadText(`director: { admin: { listen: none } }\n${WEB}`);
    assert.equal(model.director.adminListen, null);
  });

  it('follows pools through pools, in order, with the place of each server kept', async () => {
    const { servers } = await service(
      `pools:\n  a: [10.0.0.1:1, { pool: b }]\n  b: [{ name: x, address: 10.0.0.2:1, weight: 5 }]\n${WEB}    servers: [10.0.0.3:1, { pool: a }, 10.0.0.4:1]\n`,
    );
    assert.deepEqual(
      servers.map((server) => [server.name, server.weight]),
      [
        ['10.0.0.3:1', 1],
        ['10.0.0.1:1', 1],
        ['x', 5],
        ['10.0.0.4:1', 1],
      ],
    );
  });

  it("keeps the service's port for a server without one", async () => {
    const { servers } = await service(`${WEB}    servers: [10.0.0.1, { address: 10.0.0.2 }, 10.0.0.3:81]\n`);
    assert.deepEqual(
      servers.map((server) => server.key),
      ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:81'],
    );
  });

  it('writes IPv6 in one spelling', async () => {
    const { key, servers } = await service(
      'services:\n  - name: web\n    address: "[2001:DB8:0:0::10]:80"\n    servers: ["[2001:db8:0::0:11]:80", 2001:db8::0012]\n',
    );
    assert.equal(key, 'tcp:[2001:db8::10]:80');
    assert.deepEqual(
      servers.map((server) => server.key),
      ['[2001:db8::11]:80', '[2001:db8::12]:80'],
    );
  });

  it('reads match, with the protocol on which its entries agree', async () => {
    const { address, key, checks } = await service(
      'services:\n  - name: calls\n    match: [{ address: 192.0.2.20, ports: 5060-5070, protocol: udp }, { address: 0.0.0.0, ports: 5080, protocol: udp }]\n    servers: [10.0.3.1:0]\n',
    );
    assert.equal(key, 'match:calls');
    assert.deepEqual(checks, []);
    assert.deepEqual(address, {
      kind: 'match',
      family: 4,
      protocol: 'udp',
      rules: [
        { family: 4, address: '192.0.2.20', protocol: 'udp', firstPort: 5060, lastPort: 5070 },
        { family: 4, address: '0.0.0.0', protocol: 'udp', firstPort: 5080, lastPort: 5080 },
      ],
    });
  });

  it('reads tunnels, persistence and thresholds', async () => {
    const tun = await service(
      `${WEB}    forwarding: tun\n    tunnel: { type: gue, port: 6080, checksum: remote }\n    persistence: { timeout: 1h, client_prefix: 24 }\n    servers: ["[2001:db8::1]", { address: 10.0.0.2, tunnel: {}, upper_threshold: 9, lower_threshold: 7 }]\n`,
    );
    assert.deepEqual(tun.settings.persistence, { timeoutSec: 3600, prefixLength: 24 });
    assert.deepEqual(
      tun.servers.map(({ tunnel, upperThreshold, lowerThreshold }) => ({
        tunnel,
        upperThreshold,
        lowerThreshold,
      })),
      [
        { tunnel: { type: 'gue', port: 6080, checksum: 'remote' }, upperThreshold: 0, lowerThreshold: 0 },
        { tunnel: { type: 'ipip', port: 0, checksum: 'none' }, upperThreshold: 9, lowerThreshold: 7 },
      ],
    );
  });

  it('reads variables in the type that is wanted, in any value', async () => {
    const environment = {
      PORT: '8080',
      WEIGHT: '3',
      ON: 'true',
      TYPE: 'none',
      FLAG: 'sh-port',
      MARK: '0x10',
    };
    const text =
      'services:\n  - { name: a, address: "192.0.2.1:${PORT}", scheduler: sh, scheduler_flags: ["${FLAG}"], protocol: udp, one_packet: "${ON}", check: { type: "${TYPE}" }, servers: [{ address: 10.0.0.1:80, weight: "${WEIGHT}" }] }\n  - name: b\n    fwmark: ${MARK}\n    check: { type: none }\n';
    const { model } = await loadText(text, { environment });
    const [a, b] = model.services;
    assert.equal(a?.key, 'udp:192.0.2.1:8080');
    assert.equal(a.settings.onePacket, true);
    assert.equal(a.servers[0]?.weight, 3);
    assert.equal(b?.key, 'fwmark:16');
  });

  it('lets no variable bring structure in', async () => {
    assert.deepEqual(
      await rulesOf(`${WEB}    servers: \${LIST}\n`, { environment: { LIST: '[10.0.0.1:80]' } }),
      ['wrong-type'],
    );
  });

  it('reads anchors, aliases and merge keys', async () => {
    const { model } = await loadText(
      `services:\n  - &a { name: a, address: 192.0.2.1:80, scheduler: rr, check: &c { type: none } }\n  - <<: *a\n    name: b\n    address: 192.0.2.2:80\n`,
    );
    assert.deepEqual(
      model.services.map(({ name, settings, checks }) => [name, settings.scheduler, checks.length]),
      [
        ['a', 'rr', 0],
        ['b', 'rr', 0],
      ],
    );
  });

  it('places an error in a merged mapping where it is written', async () => {
    const error = await loadText(
      'services:\n  - &a { name: a, address: 192.0.2.1:80, scheduler: wcl }\n  - { <<: *a, name: b, address: 192.0.2.2:80 }\n',
    ).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof ConfigError);
    assert.deepEqual(
      error.problems.map(({ line, column, path }) => [line, column, path]),
      [[2, 53, 'services[0].scheduler']],
    );
  });

  it('tells each service and server that is wrong, not only the first', async () => {
    const text = `${WEB}    scheduler: a\n  - name: two\n    address: nowhere\n    servers: [1, 10.0.0.1:99999]\n`;
    assert.deepEqual(await rulesOf(text), ['unknown-scheduler', 'bad-address', 'bad-address', 'bad-port']);
  });

  it('takes the plane of the caller before that of the file', async () => {
    const text = `${WEB}    forwarding: dr\n`;
    assert.deepEqual(await rulesOf(text), []);
    assert.deepEqual(await rulesOf(text, { dataplane: 'proxy' }), ['proxy-forwarding']);
    const { model } = await loadText(WEB, { dataplane: 'proxy' });
    assert.equal(model.director.dataplane, 'proxy');
    assert.equal(model.services[0]?.plane, 'proxy');
  });

  it('holds a service with fallback to no limit of forwarding', async () => {
    const { model } = await loadText(
      `director: { dataplane: auto }\n${WEB}    forwarding: dr\n    fallback: proxy\n    servers: [10.0.0.1]\n`,
    );
    assert.equal(model.services[0]?.plane, 'kernel');
    assert.equal(model.services[0].fallback, 'proxy');
  });

  it('loads again from what it returned', async () => {
    const files = {
      'lvsd.yaml': `include: conf.d/*.yaml\n${WEB}    scheduler: \${SCHEDULER}\n`,
      'conf.d/b.yaml': 'services: [{ name: b, address: 192.0.2.2:80 }]\n',
      'conf.d/a.yaml': 'services: [{ name: a, address: 192.0.2.1:80 }]\n',
    };
    const environment = { SCHEDULER: 'rr' };
    const first = await loadText(files, { environment });
    assert.deepEqual(
      [...first.files.keys()],
      ['/etc/lvsd/lvsd.yaml', '/etc/lvsd/conf.d/a.yaml', '/etc/lvsd/conf.d/b.yaml'],
    );
    const again = await loadText('', { environment, source: memorySource(first.files) });
    assert.deepEqual(again, first);
    assert.deepEqual(
      first.model.services.map(({ name }) => name),
      ['web', 'a', 'b'],
    );
  });

  it('digests what the file means, not how it is written', async () => {
    const digest = async (text: string) => (await loadText(text)).digest;
    const plain = await digest(`${WEB}    scheduler: rr\n`);
    assert.match(plain, /^[0-9a-f]{12}$/);
    assert.equal(
      await digest(
        '# other\nservices: [{ scheduler: "rr", address: "192.0.2.10:80", name: web, retries: 1 }]',
      ),
      plain,
    );
    assert.notEqual(await digest(`${WEB}    scheduler: wrr\n`), plain);
  });
});

describe('includes', () => {
  it('skip hidden files and files of another name', async () => {
    const { model } = await loadText({
      'lvsd.yaml': 'include: "conf.d/*.yaml"\n',
      'conf.d/.a.yaml': 'bad',
      'conf.d/a.yaml~': 'bad',
      'conf.d/a.yaml': WEB,
    });
    assert.equal(model.services.length, 1);
  });

  it('are fine with a pattern that matches nothing and with an empty file', async () => {
    const { model } = await loadText({
      'lvsd.yaml': `include: [conf.d/*.yaml, empty.yaml]\n${WEB}`,
      'empty.yaml': '# nothing yet\n',
    });
    assert.equal(model.services.length, 1);
  });

  it('are relative to the file that includes', async () => {
    const { model } = await loadText({
      'lvsd.yaml': 'include: a/one.yaml\n',
      'a/one.yaml': 'include: two.yaml\n',
      'a/two.yaml': WEB,
    });
    assert.equal(model.services.length, 1);
  });

  it('share pools among all files', async () => {
    const { model } = await loadText({
      'lvsd.yaml': `include: pools.yaml\n${WEB}    servers: [{ pool: web }]\n`,
      'pools.yaml': 'pools: { web: [10.0.0.1:80] }\n',
    });
    assert.equal(model.services[0]?.servers.length, 1);
  });

  it('that cannot be read do not make pools unknown', async () => {
    assert.deepEqual(await rulesOf(`include: pools.yaml\n${WEB}    servers: [{ pool: web }]\n`), [
      'include-missing',
    ]);
  });

  it('that fail for reasons of their own are told with the reason', async () => {
    const source = memorySource(new Map([['/etc/lvsd/lvsd.yaml', 'include: "*.yaml"\n']]));
    const failing = { ...source, list: () => Promise.reject(new Error('EACCES: permission denied')) };
    assert.deepEqual(await rulesOf('', { source: failing }), ['include-unreadable']);
  });
});

describe('warnings', () => {
  const cases: [string, string, string[]][] = [
    ['no services', 'director: {}\n', ['no-services']],
    ['a service without servers', WEB, ['no-servers']],
    [
      'servers that all have weight 0',
      `${WEB}    servers: [{ address: 10.0.0.1:80, weight: 0 }]\n`,
      ['no-weight'],
    ],
    [
      'a pool that nobody takes',
      `pools: { web: [10.0.0.1:80] }\n${WEB}    servers: [10.0.0.1:80]\n`,
      ['unused-pool'],
    ],
    [
      'a server whose end may be meant as a port',
      `services:\n  - { name: web, address: "[2001:db8::10]:80", servers: ["2001:db8::11:8080", "[2001:db8::12:8080]", "2001:db8::13"] }\n`,
      ['address-without-brackets'],
    ],
    [
      'a timeout above the interval',
      `${WEB}    check: { type: tcp, timeout: 3s }\n    servers: [10.0.0.1:80]\n`,
      ['check-timing'],
    ],
    [
      'a tcp check of a udp service',
      `${WEB}    protocol: udp\n    check: { type: tcp }\n    servers: [10.0.0.1:80]\n`,
      ['check-protocol'],
    ],
    [
      'tcp_fin above tcp',
      `director: { timeouts: { tcp: 1m, tcp_fin: 2m } }\n${WEB}    servers: [10.0.0.1:80]\n`,
      ['timeouts-order'],
    ],
    [
      'a check with a port of its own',
      `${WEB}    protocol: udp\n    check: { type: http, port: 81 }\n    servers: [10.0.0.1:80]\n`,
      [],
    ],
  ];
  for (const [name, text, rules] of cases) {
    it(`tell of ${name}: ${rules.join() || 'nothing'}`, async () => {
      const { warnings } = await loadText(text, { dataplane: 'proxy' });
      assert.deepEqual(
        warnings.map((warning) => warning.rule),
        rules,
      );
    });
  }
});

describe('a large file', () => {
  it('of 10,000 servers loads in seconds, and 10,000 errors are told as fast', async () => {
    const servers = (n: number) =>
      Array.from({ length: 10 }, (_, index) => `10.${n >> 8}.${n & 255}.${index + 1}:80`).join(', ');
    const lines = Array.from(
      { length: 1000 },
      (_, n) => `  - { name: s${n}, address: 192.0.2.1:${n + 1}, servers: [${servers(n)}] }\n`,
    );
    const startMs = performance.now();
    assert.equal((await loadText(`services:\n${lines.join('')}`)).model.services.length, 1000);
    const overlapping = lines.map((line) => line.replace(/address: [^,]+/, 'address: 192.0.2.1:1'));
    assert.equal((await rulesOf(`services:\n${overlapping.join('')}`)).length, 999);
    assert.ok(performance.now() - startMs < 10_000);
  });

  it('of chained pools neither overflows the stack nor multiplies', async () => {
    const chain = Array.from({ length: 5000 }, (_, n) => `  p${n}: [{ pool: p${n + 1} }]\n`).join('');
    assert.deepEqual(await rulesOf(`pools:\n${chain}  p5000: []\n${WEB}    servers: [{ pool: p0 }]\n`), [
      'pool-depth',
    ]);
    const doubling = Array.from(
      { length: 30 },
      (_, n) => `  p${n}: [{ pool: p${n + 1} }, { pool: p${n + 1} }]\n`,
    ).join('');
    const rules = await rulesOf(
      `pools:\n${doubling}  p30: [10.0.0.1:80]\n${WEB}    servers: [{ pool: p0 }]\n`,
    );
    assert.equal(rules.length, 30);
  });
});
