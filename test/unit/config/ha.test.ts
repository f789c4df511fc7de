/** Virtual routers of the file: what they mean, and what is odd about them. What is refused is in test/fixtures/broken. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { digestOf } from '../../../src/config/digest.js';
import { ConfigError, type LoadOptions } from '../../../src/config/load.js';
import type { VrrpInstance } from '../../../src/model/vrrp-instance.js';
import { loadText } from '../../support/config-text.js';
import { vip, vrrpInstance } from '../../support/vrrp-instance.js';

const fileOf = (...instances: readonly string[]): string =>
  `ha:\n  instances:\n${instances.map((keys) => `    - { ${keys} }\n`).join('')}`;

const SHOP = 'name: vi_shop, interface: eth0, vrid: 51, addresses: [192.0.2.10/24]';

async function only(keys: string, options: Partial<LoadOptions> = {}): Promise<VrrpInstance> {
  const { model } = await loadText(fileOf(keys), options);
  const [instance, ...more] = model.ha?.instances ?? [];
  assert.ok(instance);
  assert.deepEqual(more, []);
  return instance;
}

async function rulesOf(keys: string, options: Partial<LoadOptions> = {}): Promise<readonly string[]> {
  const error: unknown = await loadText(fileOf(keys), options).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConfigError, 'it was accepted');
  return error.problems.map(({ rule }) => rule);
}

async function warningsOf(keys: string): Promise<readonly string[]> {
  const { warnings } = await loadText(fileOf(keys));
  return warnings.map(({ rule, path }) => `${rule} ${path}`);
}

describe('ha', () => {
  it('is none by default', async () => {
    assert.equal((await loadText('services: []')).model.ha, null);
  });

  it('stands without services, and nothing is said of that', async () => {
    const { model, warnings } = await loadText(fileOf(SHOP));
    assert.deepEqual(model.services, []);
    assert.deepEqual(warnings, []);
    assert.equal(model.ha?.onCrash, 'release');
    assert.equal(model.ha.stallLimitMs, 30_000);
  });

  it('has instances with defaults', async () => {
    assert.deepEqual(await only(SHOP), vrrpInstance({ name: 'vi_shop' }));
  });

  it('takes every key as it is written', async () => {
    const keys =
      'name: vi_six, interface: eth0, vrid: 7, priority: 255, advertise: 40950ms, preempt: true, source: "FE80::0:1", peers: ["fe80::2"], ' +
      'addresses: ["fe80::100/64", {address: "2001:DB8::10/64", interface: eth1}, 10.0.1.254/24]';
    const instance = await only(keys);
    assert.equal(instance.family, 6);
    assert.deepEqual(instance.addresses, [
      vip('fe80::100/64'),
      vip('2001:db8::10/64', { interface: 'eth1' }),
      vip('10.0.1.254/24'),
    ]);
    assert.equal(instance.source, 'fe80::1');
    assert.deepEqual(instance.peers, ['fe80::2']);
    assert.equal(instance.advertiseMs, 40_950);
    assert.equal(instance.priority, 255);
  });

  const ranges = [
    { keys: SHOP.replace('51', '0'), rule: 'out-of-range' },
    { keys: SHOP.replace('51', '256'), rule: 'out-of-range' },
    { keys: `${SHOP}, priority: 0`, rule: 'out-of-range' },
    { keys: `${SHOP}, priority: 256`, rule: 'out-of-range' },
    { keys: `${SHOP}, version: 4`, rule: 'out-of-range' },
    { keys: `${SHOP}, advertise: 9ms`, rule: 'duration-range' },
    { keys: `${SHOP}, advertise: 40960ms`, rule: 'advertise-interval' },
    { keys: `${SHOP}, version: 2, advertise: 256s`, rule: 'duration-range' },
    { keys: `${SHOP}, preempt: yes`, rule: 'bad-preempt' },
    { keys: `${SHOP}, preempt: 30s`, rule: 'bad-preempt' },
    { keys: `${SHOP}, preempt: {}`, rule: 'missing-key' },
    { keys: `${SHOP}, preempt: { delay: 30s, after_sync: true }`, rule: 'later-key' },
    { keys: `${SHOP}, preempt: { delay: 0s }`, rule: 'duration-range' },
    { keys: `${SHOP}, preempt: [true]`, rule: 'wrong-type' },
    { keys: `${SHOP}, heartbeat: []`, rule: 'list-length' },
    { keys: `${SHOP}, auth_pass: x`, rule: 'keepalived-key' },
    { keys: SHOP.replace('/24', '/0'), rule: 'bad-prefix' },
    { keys: SHOP.replace('/24', '/x'), rule: 'bad-prefix' },
    { keys: SHOP.replace('192.0.2.10', '224.0.0.18'), rule: 'address-kind' },
  ];
  for (const { keys, rule } of ranges) {
    it(`refuses ${keys.replace('interface: eth0, ', '')} by ${rule}`, async () => {
      assert.deepEqual(await rulesOf(keys), [rule]);
    });
  }

  it('takes the ends of the ranges', async () => {
    for (const keys of [
      SHOP.replace('51', '1'),
      SHOP.replace('51', '255'),
      `${SHOP}, priority: 1`,
      `${SHOP}, version: 2, advertise: 255s`,
      SHOP.replace('192.0.2.10/24', '192.0.2.0/32'),
      SHOP.replace('192.0.2.10/24', '192.0.2.255/31'),
    ])
      await only(keys);
  });

  it('warns of intervals that a busy host cannot keep', async () => {
    assert.deepEqual(await warningsOf(`${SHOP}, advertise: 90ms`), [
      'advertise-short ha.instances[0].advertise',
    ]);
    assert.deepEqual(await warningsOf(`${SHOP}, advertise: 100ms`), []);
  });

  it('warns of keys without effect', async () => {
    assert.deepEqual(await warningsOf(`${SHOP}, version: 2, checksum: message`), [
      'no-effect ha.instances[0].checksum',
    ]);
    assert.deepEqual(await warningsOf(`${SHOP}, priority: 255, preempt: false`), [
      'no-effect ha.instances[0].preempt',
    ]);
    assert.deepEqual(await warningsOf(`${SHOP}, checksum: message`), []);
  });

  it('has more IPv6 addresses than a packet holds refused', async () => {
    const addresses = Array.from({ length: 91 }, (_, index) => `"2001:db8::${index + 1}/64"`).join(', ');
    assert.deepEqual(await rulesOf(`name: vi_six, interface: eth0, vrid: 7, addresses: [${addresses}]`), [
      'too-many-addresses',
    ]);
  });

  it('takes the address of a service that lvsd does not put anywhere itself', async () => {
    const services = 'services: [{ name: shop, address: 192.0.2.10:80, servers: [192.0.2.21:80] }]\n';
    const { warnings } = await loadText(services + fileOf(SHOP));
    assert.deepEqual(warnings, []);
  });

  it('refuses a service that would put an address of an instance on an interface, in a match, too', async () => {
    const services =
      'services: [{ name: shop, interface: eth0, match: [{ address: 192.0.2.10, ports: 80 }], servers: [10.0.0.1:80] }]\n';
    const error: unknown = await loadText(services + fileOf(SHOP)).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof ConfigError);
    assert.deepEqual(
      error.problems.map(({ rule, path }) => `${rule} ${path}`),
      ['interface-instance services[0].interface'],
    );
  });
});

describe('the password of an instance', () => {
  const keys = `${SHOP}, version: 2`;
  const inEnvironment = (value: string) => ({ environment: { VRRP_PASSWORD: value } });
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lvsd-ha-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('comes from the environment', async () => {
    const { password } = await only(`${keys}, password: "\${VRRP_PASSWORD}"`, inEnvironment('eight ch'));
    assert.equal(password, 'eight ch');
  });

  it('comes from a file', async () => {
    writeFileSync(join(folder, 'password'), 'secret\n', { mode: 0o600 });
    const { password } = await only(`${keys}, password_file: ${join(folder, 'password')}`);
    assert.equal(password, 'secret');
  });

  it('is refused when it is longer than the packet has room for, counted in bytes, and not shown', async () => {
    const error: unknown = await loadText(
      fileOf(`${keys}, password: "\${VRRP_PASSWORD}"`),
      inEnvironment('zwölfzw'),
    ).catch((thrown: unknown) => thrown);
    assert.equal(error instanceof ConfigError, false, 'eight bytes are allowed');
    assert.deepEqual(await rulesOf(`${keys}, password: "\${VRRP_PASSWORD}"`, inEnvironment('zwölfzwö')), [
      'password-length',
    ]);
  });

  it('comes from one place', async () => {
    writeFileSync(join(folder, 'password'), 'secret\n', { mode: 0o600 });
    const both = `${keys}, password: "\${VRRP_PASSWORD}", password_file: ${join(folder, 'password')}`;
    assert.deepEqual(await rulesOf(both, inEnvironment('x')), ['password-conflict']);
  });

  it('is in no digest', async () => {
    const [one, other] = await Promise.all(
      ['one', 'other'].map((value) =>
        loadText(fileOf(`${keys}, password: "\${VRRP_PASSWORD}"`), inEnvironment(value)),
      ),
    );
    assert.ok(one && other);
    assert.equal(one.digest, other.digest);
    assert.equal(digestOf(one.model).digest, one.digest);
    assert.notEqual(one.model.ha?.instances[0]?.password, other.model.ha?.instances[0]?.password);
  });
});
