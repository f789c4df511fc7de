import assert from 'node:assert/strict';
import type { IpvsRequest } from '../../../native/ipvs/types.js';
import { destination, keyOf, tcpService } from '../support/ipvs-client.js';
import type { Story } from './story.js';

const count = 24;

export const listingStories: readonly Story[] = [
  {
    name: 'long-lists',
    about: 'Lists over several datagrams: the kernel was offered room for 4,096 bytes each.',
    receiveBytes: 4096,
    tell: ({ client }) => {
      const services = Array.from({ length: count }, (_, index) => tcpService(`192.0.2.${index + 1}`, 80));
      const adds = services.map((service): IpvsRequest => ({ command: 'add-service', service }));
      assert.ok(client.batch(adds).every((error) => error === null));
      const [service] = services;
      assert.ok(service !== undefined);
      const servers = Array.from({ length: count }, (_, index) => destination(`198.51.100.${index + 1}`, 80));
      const fills = servers.map((server): IpvsRequest => ({
        command: 'add-destination',
        service: keyOf(service),
        destination: server,
      }));
      assert.ok(client.batch(fills).every((error) => error === null));
      const addresses = client.services().map((listed) => ('address' in listed ? listed.address : ''));
      assert.deepEqual(addresses.sort(), services.map(({ address }) => address).sort());
      assert.deepEqual(
        client.destinations(keyOf(service)).map(({ address }) => address),
        servers.map(({ address }) => address).reverse(),
      );
    },
  },
];
