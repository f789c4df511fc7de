import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diagnose } from '../../../../src/host/doctor/doctor.js';
import type { HostView } from '../../../../src/host/doctor/types.js';
import { fakeHost } from '../support/fake-host.js';
import { modelOf } from '../support/model-of.js';

const count = 300;
const vip = (index: number): string => `10.1.${101 + (index >> 8)}.${index & 255}`;

/** A service of its own address for each of many servers. */
function config(forwarding: string, servers: string): string {
  const services = Array.from({ length: count }, (_, index) => {
    const list = [index, (index + 1) % count].map((one) => `"${servers}.${1 + (one >> 8)}.${one & 255}:80"`);
    return `  - { name: s${index}, address: "${vip(index)}:80", forwarding: ${forwarding}, check: { type: none }, servers: [${list.join(', ')}] }`;
  });
  return `services:\n${services.join('\n')}\n`;
}

/** The host, with a count of how often it waits for answers: each time may take half a second for every 128 frames. */
function counting(host: HostView): { host: HostView; waits: () => number } {
  let waits = 0;
  const { probes } = host;
  assert.ok(probes !== null);
  const parts = (frames: number): number => Math.ceil(frames / 128);
  return {
    waits: () => waits,
    host: {
      ...host,
      probes: {
        whoHas: (link, addresses) => {
          waits += parts(addresses.length);
          return probes.whoHas(link, addresses);
        },
        echo: (asked) => {
          waits += parts(asked.length);
          return asked.map((_, index) => index % 2 === 0);
        },
      },
    },
  };
}

describe('the doctor of many services', () => {
  const cases = [
    { name: 'whose addresses are missing', forwarding: 'nat', servers: '10.2' },
    { name: 'with NAT servers beside their clients', forwarding: 'nat', servers: '10.1' },
    { name: 'with DR', forwarding: 'dr', servers: '10.2' },
  ];
  for (const { name, forwarding, servers } of cases) {
    it(`asks in a few rounds: ${name}`, async () => {
      const links = { eth0: ['10.1.0.1/16'], eth1: ['10.2.0.1/16'] };
      const { host, waits } = counting(fakeHost({ links }));
      diagnose(host, await modelOf(config(forwarding, servers)));
      assert.ok(waits() <= 30, `${waits()} rounds`);
    });
  }
});
