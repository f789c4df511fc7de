/** Both kinds of socket that can ping, in a real kernel; what routes and neighbours say. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { IcmpChecker } from '../../../../src/health/checkers/icmp.js';
import { systemTools } from '../../../../src/health/checkers/tools.js';
import { UdpChecker } from '../../../../src/health/checkers/udp.js';
import { plainSockets } from '../../../../src/health/net/sockets.js';
import type { ProbeResult } from '../../../../src/health/types.js';
import { probe } from '../../../health/support/loopback.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';

const PING_GROUPS = '/proc/sys/net/ipv4/ping_group_range';
const TIMEOUT_MS = 10_000;

function ping(address: string): Promise<ProbeResult> {
  return probe(new IcmpChecker(systemTools, address, 56), TIMEOUT_MS);
}

/** Ping sockets that are open in this network. */
function pingSockets(): number {
  return readFileSync('/proc/thread-self/net/icmp', 'utf8').trimEnd().split('\n').length - 1;
}

function ip(...words: string[]): void {
  const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

describe('an icmp check', () => {
  for (const { kind, groups, open } of [
    { kind: 'a raw socket', groups: '1 0', open: 0 },
    { kind: 'a ping socket', groups: '0 0', open: 1 },
  ])
    it(`is answered by ${kind}`, () =>
      inNewNamespace(async () => {
        writeFileSync(PING_GROUPS, groups);
        const socket = await plainSockets.ping('127.0.0.1', 1);
        assert.equal(pingSockets(), open);
        socket.close();
        for (const address of ['127.0.0.1', '::1'])
          assert.deepEqual(await ping(address), { ok: true, detail: 'echo reply' });
        assert.equal(pingSockets(), 0);
      }));

  for (const groups of ['1 0', '0 0'])
    it(`fails at once where there is no way (groups ${groups})`, () =>
      inNewNamespace(async () => {
        writeFileSync(PING_GROUPS, groups);
        ip('link', 'add', 'd0', 'type', 'dummy');
        ip('address', 'add', '10.9.9.1/24', 'dev', 'd0');
        ip('link', 'set', 'd0', 'up');
        ip('route', 'add', 'unreachable', '10.8.8.0/24');
        assert.deepEqual(await ping('10.8.8.1'), { ok: false, reason: 'icmp 10.8.8.1: EHOSTUNREACH' });
        assert.deepEqual(await ping('2001:db8::1'), { ok: false, reason: 'icmp 2001:db8::1: ENETUNREACH' });
      }));
});

describe('a udp check', () => {
  it('hears from the kernel that nobody listens', () =>
    inNewNamespace(async () => {
      const settings = { send: 'x', expect: null, reply: 'required', silenceMs: 1 } as const;
      for (const address of ['127.0.0.1', '::1']) {
        const result = await probe(new UdpChecker(systemTools, { address, port: 9 }, settings), TIMEOUT_MS);
        const endpoint = address === '::1' ? '[::1]:9' : '127.0.0.1:9';
        assert.deepEqual(result, { ok: false, reason: `udp ${endpoint}: ECONNREFUSED` });
      }
    }));
});
