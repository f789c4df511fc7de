/** What instances depend on. What is refused is in test/fixtures/broken, too. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { CheckTrack, Track } from '../../../src/model/track.js';
import { loadText } from '../../support/config-text.js';
import { haOf, haText, refusalsOf, SHOP, warningsOf } from '../../support/ha-config-text.js';

const tracked = (track: string) => `${SHOP}, track: { ${track} }`;
const SERVICES = 'services: [{ name: shop, address: 192.0.2.10:80, servers: [10.0.0.1:80] }]\n';

async function tracksOf(track: string): Promise<readonly Track[]> {
  return (await haOf([tracked(track)])).tracks;
}

async function checkOf(entry: string): Promise<CheckTrack> {
  const [only, ...more] = await tracksOf(`checks: [{ ${entry} }]`);
  assert.ok(only?.kind === 'check');
  assert.deepEqual(more, []);
  return only;
}

const refusals = (track: string) => refusalsOf(haText([tracked(track)]));

describe('tracks', () => {
  it('are none by default', async () => {
    const { tracks, instances } = await haOf([SHOP]);
    assert.deepEqual(tracks, []);
    assert.deepEqual(instances[0]?.trackedInterfaces, []);
  });

  it('of interfaces belong to the instance', async () => {
    const { tracks, instances } = await haOf([
      tracked('interfaces: [eth1, { interface: eth2, weight: -20 }, { interface: eth3 }]'),
    ]);
    assert.deepEqual(tracks, []);
    assert.deepEqual(instances[0]?.trackedInterfaces, [
      { interface: 'eth1', weight: null },
      { interface: 'eth2', weight: -20 },
      { interface: 'eth3', weight: null },
    ]);
  });

  it('leave out the own interface, which is tracked anyway', async () => {
    const text = tracked('interfaces: [eth0, eth1]');
    assert.deepEqual((await haOf([text])).instances[0]?.trackedInterfaces, [
      { interface: 'eth1', weight: null },
    ]);
    assert.deepEqual(await warningsOf(haText([text])), ['no-effect ha.instances[0].track.interfaces[0]']);
  });

  it('of processes and of the host are named for people', async () => {
    const instance = 'vi_shop';
    assert.deepEqual(
      await tracksOf(
        'processes: [nginx, { name: "kworker helper", weight: -1 }], host: { load: 1.5, memory: { free: 5%, weight: -254 }, ' +
          'disk: [{ path: /var, free: 0.5% }, { path: /srv, free: 99%, weight: -3 }], read_only: [/, { path: /srv, weight: -4 }], clock_step: 500ms }',
      ),
      [
        { kind: 'process', instance, name: 'nginx', weight: null },
        { kind: 'process', instance, name: 'kworker helper', weight: -1 },
        { kind: 'host', instance, name: 'load', weight: null, limit: { of: 'load', above: 1.5 } },
        { kind: 'host', instance, name: 'memory', weight: -254, limit: { of: 'memory', free: 0.05 } },
        {
          kind: 'host',
          instance,
          name: 'disk /var',
          weight: null,
          limit: { of: 'disk', path: '/var', free: 0.005 },
        },
        {
          kind: 'host',
          instance,
          name: 'disk /srv',
          weight: -3,
          limit: { of: 'disk', path: '/srv', free: 0.99 },
        },
        { kind: 'host', instance, name: 'read_only /', weight: null, limit: { of: 'read_only', path: '/' } },
        {
          kind: 'host',
          instance,
          name: 'read_only /srv',
          weight: -4,
          limit: { of: 'read_only', path: '/srv' },
        },
        {
          kind: 'host',
          instance,
          name: 'clock_step',
          weight: null,
          limit: { of: 'clock_step', aboveMs: 500 },
        },
      ],
    );
  });

  it('of the host take the long form of each', async () => {
    const tracks = await tracksOf(
      'host: { load: { above: 8, weight: -2 }, memory: 5%, clock_step: { above: 1m, weight: -3 } }',
    );
    assert.deepEqual(
      tracks.map(({ name, weight }) => [name, weight]),
      [
        ['load', -2],
        ['memory', null],
        ['clock_step', -3],
      ],
    );
  });

  it('take a load from a variable', async () => {
    const { model } = await loadText(haText([tracked('host: { load: "${LOAD}" }')]), {
      environment: { LOAD: '2.5' },
    });
    const [load] = model.ha?.tracks ?? [];
    assert.ok(load?.kind === 'host');
    assert.deepEqual(load.limit, { of: 'load', above: 2.5 });
  });

  it('of services name services of any file', async () => {
    const files = {
      'lvsd.yaml': `include: [more.yaml]\n${haText([tracked('services: [shop, { service: blog, weight: -7 }]')])}`,
      'more.yaml':
        'services:\n  - { name: shop, address: 192.0.2.10:80, servers: [10.0.0.1:80] }\n  - { name: blog, address: 192.0.2.11:80, servers: [10.0.0.1:80] }\n',
    };
    const { ha } = (await loadText(files)).model;
    assert.deepEqual(
      ha?.tracks.map(({ kind, name, weight }) => [kind, name, weight]),
      [
        ['service', 'shop', null],
        ['service', 'blog', -7],
      ],
    );
    assert.deepEqual(await refusalsOf(SERVICES + haText([tracked('services: [shpo]')])), [
      'unknown-service ha.instances[0].track.services[0]',
    ]);
  });

  it('of services that could not be read are not told as unknown', async () => {
    const text = `include: [gone.yaml]\n${haText([tracked('services: [elsewhere]')])}`;
    assert.deepEqual(
      (await refusalsOf(text)).map((refusal) => refusal.split(' ')[0]),
      ['include-missing'],
    );
  });
});

describe('tracked checks', () => {
  it('ask the address of the entry, at its port or the check’s', async () => {
    const of = async (address: string, check: string) => {
      const { target, check: asked } = await checkOf(`name: a, address: ${address}, check: { ${check} }`);
      return [target, 'port' in asked ? asked.port : undefined];
    };
    const target = { family: 4, address: '127.0.0.1' };
    assert.deepEqual(await of('127.0.0.1:8080', 'type: http'), [{ ...target, port: 8080 }, null]);
    assert.deepEqual(await of('127.0.0.1', 'type: tcp, port: 80'), [{ ...target, port: null }, 80]);
    assert.deepEqual(await of('127.0.0.1:8080', 'type: tcp, port: 80'), [{ ...target, port: 8080 }, 80]);
    assert.deepEqual(await of('"[2001:db8::1]:53"', 'type: dns, name: example.org'), [
      { family: 6, address: '2001:db8::1', port: 53 },
      null,
    ]);
    assert.deepEqual(await of('192.0.2.1', 'type: icmp'), [
      { family: 4, address: '192.0.2.1', port: null },
      undefined,
    ]);
  });

  it('count as checks of servers do', async () => {
    const { check, weight } = await checkOf(
      'name: a, weight: -9, address: 127.0.0.1:80, check: { type: tcp, interval: 500ms, rise: 5, fall: 4 }',
    );
    assert.equal(weight, -9);
    assert.deepEqual([check.timing.intervalMs, check.timing.rise, check.timing.fall], [500, 5, 4]);
  });

  it('that run or read something need no address but where they name it', async () => {
    assert.equal((await checkOf('name: a, check: { type: exec, command: [/bin/true] }')).target, null);
    assert.equal((await checkOf('name: a, check: { type: file, path: /run/away }')).target, null);
    for (const [word, address, refused] of [
      ['{address}', '', 'track-address ha.instances[0].track.checks[0]'],
      ['{port}', '', 'track-address ha.instances[0].track.checks[0]'],
      ['{port}', 'address: 192.0.2.1, ', 'track-address ha.instances[0].track.checks[0].address'],
      ['{name}', '', null],
      ['{address}', 'address: 192.0.2.1, ', null],
      ['{port}', 'address: "192.0.2.1:80", ', null],
    ] as const) {
      const track = `checks: [{ name: a, ${address}check: { type: exec, command: [/bin/true, '${word}'] } }]`;
      assert.deepEqual(await refusals(track), refused === null ? [] : [refused], track);
    }
  });

  it('are held to the rules of checks by themselves', async () => {
    assert.deepEqual(
      await refusals('checks: [{ name: a, address: 127.0.0.1:80, check: { type: http, ca_file: ca.pem } }]'),
      [
        'tls-without ha.instances[0].track.checks[0].check.ca_file',
        'tls-file ha.instances[0].track.checks[0].check.ca_file',
      ],
    );
    assert.deepEqual(
      await warningsOf(
        haText([tracked('checks: [{ name: a, address: 127.0.0.1:80, check: { type: tcp, timeout: 9s } }]')]),
      ),
      ['check-timing ha.instances[0].track.checks[0].check.timeout'],
    );
  });

  it('say which type was probably meant', async () => {
    assert.deepEqual(await refusals('checks: [{ name: a, address: 127.0.0.1:80, check: { type: htpp } }]'), [
      'not-allowed ha.instances[0].track.checks[0].check.type',
    ]);
  });
});

describe('secrets of tracked checks', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lvsd-ha-tracks-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('come from files, and are in no digest', async () => {
    const file = join(folder, 'password');
    const load = async (secret: string) => {
      writeFileSync(file, `${secret}\n`, { mode: 0o600 });
      const check = `type: http, basic_auth: { username: lvsd, password_file: ${file} }`;
      return loadText(haText([tracked(`checks: [{ name: a, address: 127.0.0.1:80, check: { ${check} } }]`)]));
    };
    const [one, other] = [await load('first'), await load('second')];
    const [track] = one.model.ha?.tracks ?? [];
    assert.ok(track?.kind === 'check' && track.check.type === 'http');
    assert.equal(track.check.basicAuth?.password, 'first');
    assert.equal(one.digest, other.digest);
  });
});

describe('weights of tracks', () => {
  const instance = (priority: number, weights: readonly number[]) =>
    `${SHOP}, priority: ${priority}, track: { processes: [${weights.map((weight, index) => `{ name: p${index}, weight: ${weight} }`).join(', ')}] }`;

  it('are warned of exactly when together they leave less than 1', async () => {
    const weights = fc.array(fc.integer({ min: -254, max: -1 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 254 }), weights, async (priority, list) => {
        const left = list.reduce((sum, weight) => sum + weight, priority);
        const told = await warningsOf(haText([instance(priority, list)]));
        assert.deepEqual(
          told.map((warning) => warning.split(' ')[0]),
          left < 1 ? ['track-weights'] : [],
        );
      }),
      { numRuns: 60 },
    );
  });

  it('go from -254 to -1', async () => {
    for (const weight of [-255, 0, 1, 20])
      assert.deepEqual(await refusals(`interfaces: [{ interface: eth1, weight: ${weight} }]`), [
        'out-of-range ha.instances[0].track.interfaces[0].weight',
      ]);
  });

  it('are refused for the owner of the addresses, and faults are not', async () => {
    assert.deepEqual(await refusalsOf(haText([instance(255, [-1, -2])])), [
      'owner-weight ha.instances[0].track.processes[0]',
      'owner-weight ha.instances[0].track.processes[1]',
    ]);
    assert.deepEqual(await refusalsOf(haText([`${tracked('processes: [nginx]')}, priority: 255`])), []);
  });
});
