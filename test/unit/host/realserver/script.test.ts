import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import {
  formatOptions,
  parseRequest,
  type RealServerOptions,
} from '../../../../src/host/realserver/request.js';
import { realServerScript } from '../../../../src/host/realserver/script.js';
import { systemdUnit } from '../../../../src/host/realserver/unit.js';

const vip = ['192.0.2.1', '2001:db8::10'];

/** The commands of start(), without comments. */
function startOf(options: RealServerOptions): string[] {
  const script = realServerScript(parseRequest(options));
  const body = /^start\(\) \{\n([\s\S]*?)^\}/m.exec(script)?.[1] ?? '';
  return body
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function sh(script: string, ...args: readonly string[]) {
  return spawnSync('sh', [...args], { input: script, encoding: 'utf8' });
}

describe('realServerScript', () => {
  const requests: readonly RealServerOptions[] = [
    { forwarding: 'dr', vip },
    { forwarding: 'dr', vip, device: 'dummy', interface: 'eth0' },
    { forwarding: 'tun', vip },
    { forwarding: 'tun', vip, tunnel: 'gue', over: 'ipv4', device: 'lo' },
    { forwarding: 'tun', vip, tunnel: 'gre' },
    { forwarding: 'nat', gateway: ['10.0.0.1', 'fe80::1'], interface: 'eth0' },
  ];
  for (const options of requests) {
    it(`is a script that sh can read: ${JSON.stringify(options)}`, () => {
      const script = realServerScript(parseRequest(options));
      const { status, stderr } = sh(script, '-n');
      assert.deepEqual([status, stderr], [0, '']);
      assert.ok(script.startsWith('#!/bin/sh\n'));
      assert.ok(script.includes(formatOptions(parseRequest(options)).join(' ')));
    });
  }

  it('does what setup does, in the same order', () => {
    assert.deepEqual(startOf({ forwarding: 'dr', vip }), [
      'not_loud 192.0.2.1/32',
      'not_loud 2001:db8::10/128',
      'up lo',
      'setting net/ipv6/conf/lo/disable_ipv6 0 0',
      'setting net/ipv4/conf/all/arp_ignore 1 1 2',
      'setting net/ipv4/conf/all/arp_announce 2 2',
      'address 192.0.2.1/32 lo scope host',
      'address 2001:db8::10/128 lo nodad preferred_lft 0',
    ]);
    assert.deepEqual(startOf({ forwarding: 'tun', vip: ['192.0.2.1'], tunnel: 'gue', port: 5555 }), [
      'not_loud 192.0.2.1/32',
      'module ipip tunl0',
      'setting net/ipv4/conf/all/arp_ignore 1 1 2',
      'setting net/ipv4/conf/all/arp_announce 2 2',
      'tunnel_filter tunl0',
      'up tunl0',
      'receive_gue -4 5555',
      'address 192.0.2.1/32 tunl0 scope host',
    ]);
    assert.deepEqual(startOf({ forwarding: 'nat', gateway: ['10.0.0.1', 'fd00::1'] }), [
      'route4 10.0.0.1',
      'route6 fd00::1',
    ]);
  });

  it('says how it is used, and has nothing to take back where nothing was done', () => {
    const script = realServerScript(parseRequest({ forwarding: 'dr', vip }));
    const usage = sh(script, '-s');
    assert.deepEqual([usage.status, usage.stdout], [2, '']);
    assert.match(usage.stderr, /usage: sh .* start\|stop/);
    const stopped = spawnSync('sh', ['-s', 'stop'], {
      input: script,
      encoding: 'utf8',
      env: { ...process.env, STATE: '/no/such/file' },
    });
    assert.deepEqual([stopped.status, stopped.stdout], [0, 'nothing to take back\n']);
  });
});

describe('systemdUnit', () => {
  it('sets up at start and takes back at stop', () => {
    const unit = systemdUnit(['--forwarding', 'dr', '--vip', '192.0.2.1'], []);
    assert.match(unit, /^ExecStart=lvsd realserver setup --forwarding dr --vip 192\.0\.2\.1$/m);
    assert.match(unit, /^ExecStop=lvsd realserver undo$/m);
    assert.match(unit, /^Type=oneshot\nRemainAfterExit=yes$/m);
  });

  it('quotes what systemd would read otherwise', () => {
    const state = ['--state', '/srv/a b/$x%n"\\.json'];
    assert.match(
      systemdUnit([], state),
      /^ExecStop=lvsd realserver undo --state "\/srv\/a b\/\$\$x%%n\\"\\\\\.json"$/m,
    );
  });
});
