import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { IpvsRequest } from '../../../../native/ipvs/types.js';
import {
  destination,
  fwmarkService,
  refusal,
  tcpService,
  withIpvsClient,
} from '../../../kernel/support/ipvs-client.js';

const web = tcpService('192.0.2.1', 80);
const web6 = tcpService('2001:db8::1', 80);
const marked6 = fwmarkService('ipv6', 7);
const tunnelled = destination('2001:db8::2', 80, { forwarding: 'tunnel' });

describe('in a kernel without IPv6', () => {
  it('the guest is one', () => {
    const disabled = readFileSync('/sys/module/ipv6/parameters/disable', 'latin1').trim();
    assert.equal(disabled, '1', 'it boots so with: npm run test:full -- client-without-ipv6');
  });

  const requests: readonly IpvsRequest[] = [
    { command: 'add-service', service: web6 },
    { command: 'edit-service', service: web6 },
    { command: 'delete-service', service: web6 },
    { command: 'zero', service: web6 },
    { command: 'add-service', service: marked6 },
    { command: 'delete-service', service: marked6 },
    { command: 'add-destination', service: web6, destination: destination('2001:db8::2', 80) },
    { command: 'add-destination', service: web, destination: tunnelled },
    { command: 'edit-destination', service: web, destination: tunnelled },
    { command: 'delete-destination', service: web, destination: tunnelled },
  ];

  it('whatever names an IPv6 address is refused, and nothing else', () =>
    withIpvsClient((client) => {
      client.run({ command: 'add-service', service: web });
      for (const request of requests) {
        const error = refusal(() => client.run(request));
        assert.equal(error.code, 'ERR_IPVS_FAMILY_UNSUPPORTED', error.message);
        assert.equal(error.details.errno, 'EAFNOSUPPORT');
      }
      assert.equal(
        refusal(() => client.run(requests[0]!)).message,
        'add service tcp:[2001:db8::1]:80: EAFNOSUPPORT',
      );
      assert.equal(refusal(() => client.service(web6)).code, 'ERR_IPVS_FAMILY_UNSUPPORTED');
      assert.deepEqual(client.destinations(web6), [], 'the kernel refuses no list');

      client.run({ command: 'add-destination', service: web, destination: destination('10.0.0.1', 80) });
      assert.equal(client.destinations(web).length, 1);
    }));
});
