import assert from 'node:assert/strict';
import {
  IP_VS_SVC_F_HASHED,
  IP_VS_SVC_F_ONEPACKET,
  IP_VS_SVC_F_PERSISTENT,
  IP_VS_SVC_F_SCHED1,
  IP_VS_SVC_F_SCHED2,
  IP_VS_SVC_F_SCHED3,
  IPPROTO_SCTP,
} from '../../../native/ipvs/constants.js';
import { formatServiceKey } from '../../../native/ipvs/keys.js';
import type { IpvsService, IpvsServiceConfig } from '../../../native/ipvs/types.js';
import { fwmarkService, keyOf, noTraffic, refusal, tcpService, udpService } from '../support/ipvs-client.js';
import type { Stage, Story } from './story.js';

/** As the kernel lists it, before any packet came. */
function listed(service: IpvsServiceConfig): IpvsService {
  return { ...service, flags: service.flags | IP_VS_SVC_F_HASHED, stats: noTraffic };
}

function inOrder<T extends IpvsServiceConfig>(services: readonly T[]): T[] {
  return [...services].sort((a, b) => (formatServiceKey(a) < formatServiceKey(b) ? -1 : 1));
}

/** Adds them, reads each and all, edits the first, deletes the last. */
function live(
  { client }: Stage,
  services: readonly [IpvsServiceConfig, ...IpvsServiceConfig[]],
  edit: Partial<IpvsServiceConfig>,
): void {
  for (const service of services) client.run({ command: 'add-service', service });
  for (const service of services) assert.deepEqual(client.service(keyOf(service)), listed(service));
  assert.deepEqual(inOrder(client.services()), inOrder(services).map(listed));
  const changed = { ...services[0], ...edit };
  client.run({ command: 'edit-service', service: changed });
  assert.deepEqual(client.service(keyOf(changed)), listed(changed));
  const last = keyOf(services.at(-1) ?? changed);
  client.run({ command: 'delete-service', service: last });
  assert.equal(refusal(() => client.service(last)).code, 'ERR_IPVS_SERVICE_UNKNOWN');
  assert.equal(client.serviceEntries().length, services.length - 1);
}

export const serviceStories: readonly Story[] = [
  {
    name: 'services-ipv4',
    about: 'Services by IPv4 address: protocols, schedulers, every flag, persistence, an engine.',
    tell: (stage) =>
      live(
        stage,
        [
          tcpService('192.0.2.1', 80, { scheduler: 'wrr' }),
          { ...tcpService('192.0.2.1', 2905, { scheduler: 'wlc' }), protocol: IPPROTO_SCTP },
          tcpService('192.0.2.2', 443, { scheduler: 'sh', flags: IP_VS_SVC_F_SCHED1 | IP_VS_SVC_F_SCHED2 }),
          tcpService('192.0.2.3', 443, { scheduler: 'mh', flags: IP_VS_SVC_F_SCHED3 }),
          tcpService('192.0.2.4', 0, {
            flags: IP_VS_SVC_F_PERSISTENT,
            timeoutSec: 360,
            netmask: 0xffffff00,
          }),
          udpService('192.0.2.5', 5060, {
            flags: IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_ONEPACKET,
            timeoutSec: 3_999_999,
            persistenceEngine: 'sip',
          }),
          tcpService('203.0.113.255', 65535, { scheduler: 'none' }),
        ],
        { scheduler: 'lblcr', flags: IP_VS_SVC_F_PERSISTENT, timeoutSec: 1, netmask: 0x80000000 },
      ),
  },
  {
    name: 'services-ipv6',
    about: 'Services by IPv6 address: prefix lengths, flags, persistence, an engine that is taken off.',
    tell: (stage) =>
      live(
        stage,
        [
          udpService('2001:db8::5', 5060, {
            flags: IP_VS_SVC_F_PERSISTENT,
            timeoutSec: 3600,
            netmask: 64,
            persistenceEngine: 'sip',
          }),
          tcpService('2001:db8::1', 80, { scheduler: 'sed' }),
          tcpService('2001:db8::2', 0, { flags: IP_VS_SVC_F_PERSISTENT, timeoutSec: 60, netmask: 1 }),
          tcpService('::ffff:192.0.2.1', 443, { scheduler: 'nq' }),
        ],
        { persistenceEngine: null, netmask: 128, timeoutSec: 0, flags: 0 },
      ),
  },
  {
    name: 'services-fwmark',
    about: 'Services by firewall mark, of both families: the same mark twice, and the largest.',
    tell: (stage) =>
      live(
        stage,
        [
          fwmarkService('ipv4', 7),
          fwmarkService('ipv6', 7, { scheduler: 'dh' }),
          fwmarkService('ipv4', 0xffffffff, {
            flags: IP_VS_SVC_F_PERSISTENT,
            timeoutSec: 300,
            netmask: 0xffff0000,
          }),
        ],
        { scheduler: 'fo' },
      ),
  },
];
