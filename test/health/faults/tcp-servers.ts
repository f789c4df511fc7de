/** Faults of servers that a TCP check meets, and one that it cannot see. */
import assert from 'node:assert/strict';
import { answering } from '../support/loopback.js';
import { Chain } from './support/chain.js';
import { served, type Fault, type FaultTheme } from './support/fault.js';
import { blackHole, drip, nobody, silent, stopped, tcp } from './support/faulty-servers.js';

const PING = { type: 'tcp', send: 'PING\r\n', expect: '+PONG' };

export const tcpServers: FaultTheme = {
  theme: 'a TCP server',
  faults: [
    served({
      name: 'nobody listens',
      check: { type: 'tcp' },
      beside: nobody,
      reason: 'connect SERVER: ECONNREFUSED',
    }),
    served({
      name: 'a black hole',
      check: { type: 'tcp' },
      beside: blackHole,
      silent: true,
      reason: 'connect SERVER: timeout after 1s',
    }),
    served({
      name: 'a process that stands still, whose kernel takes connections (half-open)',
      check: { type: 'tcp', expect: '220 ' },
      beside: stopped,
      silent: true,
      reason: 'answer of SERVER: timeout after 1s, got nothing',
    }),
    unseen(),
    served({
      name: 'a greeting that comes too late',
      check: { type: 'tcp', expect: '220 ' },
      beside: tcp(silent),
      silent: true,
      reason: 'answer of SERVER: timeout after 1s, got nothing',
    }),
    served({
      name: 'the wrong answer',
      check: PING,
      beside: tcp(answering('-LOADING\r\n')),
      reason: 'answer of SERVER: connection closed without "+PONG", got "-LOADING\\r\\n"',
    }),
    served({
      name: 'an answer that comes byte by byte',
      check: PING,
      beside: tcp(drip('.')),
      silent: true,
      reason: 'answer of SERVER: timeout after 1s, got "...."',
    }),
    served({
      name: 'a flood instead of an answer',
      check: PING,
      beside: tcp((socket) => void socket.write('x'.repeat(1_000_000))),
      reason: 'answer of SERVER: no "+PONG" in the first 1024 bytes, got "x..."...',
    }),
    served({
      name: 'a reset within the answer',
      check: PING,
      beside: tcp((socket) => void socket.once('data', () => socket.resetAndDestroy())),
      reason: 'answer of SERVER: ECONNRESET, got nothing',
    }),
  ],
};

/** Its kernel connects for it. */
function unseen(): Fault {
  return {
    name: 'a process that stands still is well for a check that only connects',
    run: () =>
      stopped(async (port) => {
        const file = { service: { check: { type: 'tcp' } }, servers: { bad: `127.0.0.1:${port}` } };
        const chain = await Chain.begin(file);
        await chain.until(9000);
        assert.deepEqual(chain.story, []);
        assert.equal(chain.probes.get('bad'), 5);
        assert.deepEqual(await chain.end(), [0, 0]);
      }),
  };
}
