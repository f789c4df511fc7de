import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../src/config/config-error.js';
import { loadText } from '../../support/config-text.js';

function file(check: string, service = 'address: 192.0.2.10:80', more = '', director = ''): string {
  return `${director}services:
  - name: shop
    ${service}
    forwarding: dr
    check: ${check}
    servers: [10.0.1.11:80]
${more}`;
}

/** The rule and message of the one refusal. */
async function refusal(text: string): Promise<string> {
  const error = await loadText(text).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof ConfigError, 'not refused');
  assert.equal(error.problems.length, 1, error.problems.map(({ message }) => message).join('\n'));
  const [problem] = error.problems;
  return `${problem?.rule}: ${problem?.message}`;
}

describe('a check by way of the service', () => {
  for (const check of [
    '{ type: tcp, path: vip }',
    '{ type: tls, path: vip }',
    '{ type: smtp, path: vip }',
    '{ type: http, via: vip, path: /healthz }',
    '{ type: https, via: vip }',
  ])
    it(`asks every 10s at the service's address: ${check}`, async () => {
      const { model } = await loadText(file(check));
      const [shop] = model.services;
      const [asked] = shop?.checks ?? [];
      assert.ok(asked !== undefined && 'vip' in asked);
      assert.deepEqual(asked.vip, { service: shop?.key, address: '192.0.2.10', port: 80 });
      assert.equal(asked.timing.intervalMs, 10_000);
    });

  for (const check of [
    '{ type: dns, name: example.org, path: vip }',
    '{ type: udp, send: hello, path: vip }',
  ])
    it(`asks a service for datagrams by datagrams: ${check}`, async () => {
      const { model } = await loadText(
        file(check, 'address: 192.0.2.10:53\n    protocol: udp').replace('11:80', '11:53'),
      );
      const [asked] = model.services[0]?.checks ?? [];
      assert.ok(asked !== undefined && 'vip' in asked);
      assert.deepEqual(asked.vip, { service: model.services[0]?.key, address: '192.0.2.10', port: 53 });
      assert.equal(asked.timing.intervalMs, 10_000);
    });

  it('keeps the interval that is written, and the one of other checks', async () => {
    const written = await loadText(file('{ type: tcp, path: vip, interval: 2s }'));
    assert.equal(written.model.services[0]?.checks[0]?.timing.intervalMs, 2000);
    const plain = await loadText(file('{ type: tcp, path: server }'));
    const [check] = plain.model.services[0]?.checks ?? [];
    assert.equal(check?.timing.intervalMs, 2000);
    assert.equal(JSON.stringify(check).includes('vip'), false);
  });

  it('asks the port that it names where the service has all', async () => {
    const service = 'address: 192.0.2.10:0\n    persistence: { timeout: 6m }';
    const text = file('{ type: tcp, path: vip, port: 443 }', service).replace('11:80', '11:0');
    const { model } = await loadText(text);
    const [check] = model.services[0]?.checks ?? [];
    assert.deepEqual(check !== undefined && 'vip' in check ? check.vip.port : null, 443);
  });

  for (const { name, text, told } of [
    {
      name: 'on the userspace plane',
      text: file('{ type: tcp, path: vip }', undefined, '', 'director: { dataplane: proxy }\n').replace(
        'forwarding: dr',
        'forwarding: nat',
      ),
      told: /^true-path: path: vip works on the kernel plane alone, and this is the userspace plane/,
    },
    {
      name: 'where the userspace plane may be chosen',
      text: file('{ type: http, via: vip }', undefined, '', 'director: { dataplane: auto }\n').replace(
        'forwarding: dr',
        'forwarding: nat',
      ),
      told: /^true-path: via: vip works on the kernel plane alone, and dataplane: auto may/,
    },
    {
      name: 'of a service without an address',
      text: file('{ type: tcp, path: vip }', 'fwmark: 7').replace('forwarding: dr', 'forwarding: nat'),
      told: /^true-path: path: vip needs a service with an address and a port; what clients of one by fwmark address/,
    },
    {
      name: 'of a service by match',
      text: file(
        '{ type: tcp, path: vip, port: 5060 }',
        'match: [{ address: 192.0.2.10, ports: 5060 }]',
      ).replace('forwarding: dr', 'forwarding: nat'),
      told: /^true-path: path: vip needs a service with an address and a port; what clients of one by match address/,
    },
    {
      name: 'with a check that speaks another protocol than clients',
      text: file('{ type: tcp, path: vip }', 'address: 192.0.2.10:80\n    protocol: udp'),
      told: /^true-path: path: vip asks as clients do: this check speaks TCP, and clients of this service come by UDP/,
    },
    {
      name: 'with datagrams where clients connect',
      text: file('{ type: dns, name: example.org, path: vip }'),
      told: /^true-path: path: vip asks as clients do: this check speaks UDP, and clients of this service come by TCP/,
    },
    {
      name: 'with datagrams by NAT',
      text: file('{ type: udp, path: vip }', 'address: 192.0.2.10:80\n    protocol: udp').replace(
        'forwarding: dr',
        'forwarding: nat',
      ),
      told: /^true-path: path: vip cannot ask the server 10\.0\.1\.11:80 by UDP, as it is reached by NAT/,
    },
    {
      name: 'with a port of its own',
      text: file('{ type: tcp, path: vip, port: 81 }'),
      told: /^true-path: path: vip asks the service's own port 80/,
    },
    {
      name: 'with a mark',
      text: file('{ type: tcp, path: vip, mark: 3 }'),
      told: /^true-path: mark would lead probes off/,
    },
    {
      name: 'with an interface',
      text: file('{ type: tcp, path: vip, source_interface: eth1 }'),
      told: /^true-path: source_interface would lead probes off/,
    },
    {
      name: 'of a server of the other family',
      text: file('{ type: tcp, path: vip }')
        .replace('forwarding: dr', 'forwarding: tun')
        .replace('10.0.1.11:80', '"[2001:db8::1]:80"'),
      told: /^true-path: path: vip cannot ask the server \[2001:db8::1\]:80/,
    },
    {
      name: 'of a type that does not connect by TCP',
      text: file('{ type: icmp, path: vip }'),
      told: /^misplaced-key: /,
    },
  ])
    it(`is refused ${name}`, async () => assert.match(await refusal(text), told));
});
