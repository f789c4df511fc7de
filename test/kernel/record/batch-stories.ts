import assert from 'node:assert/strict';
import type { IpvsRequest } from '../../../native/ipvs/types.js';
import { destination, keyOf, tcpService } from '../support/ipvs-client.js';
import type { Story } from './story.js';

const service = tcpService('192.0.2.1', 80);
const other = tcpService('192.0.2.2', 80);
const add: IpvsRequest = { command: 'add-service', service };
const addServer = (server: ReturnType<typeof destination>): IpvsRequest => ({
  command: 'add-destination',
  service: keyOf(service),
  destination: server,
});

/** Done, refused, done, refused, refused, done: only the last asks for an acknowledgement. */
const mixed: readonly IpvsRequest[] = [
  add,
  add,
  addServer(destination('198.51.100.1', 80)),
  { command: 'delete-service', service: keyOf(other) },
  addServer(destination('224.0.0.1', 80)),
  addServer(destination('198.51.100.2', 80)),
];

export const batchStories: readonly Story[] = [
  {
    name: 'batch',
    about:
      'Many requests in one datagram: what is refused is answered, what is done only when it is the last.',
    tell: ({ client }) => {
      const codes = (requests: readonly IpvsRequest[]): (string | null)[] =>
        client.batch(requests).map((error) => error?.code ?? null);
      assert.deepEqual(codes(mixed), [
        null,
        'ERR_IPVS_SERVICE_EXISTS',
        null,
        'ERR_IPVS_SERVICE_UNKNOWN',
        'ERR_IPVS_INVALID',
        null,
      ]);
      assert.deepEqual(codes([...mixed].reverse()), [
        'ERR_IPVS_DESTINATION_EXISTS',
        'ERR_IPVS_INVALID',
        'ERR_IPVS_SERVICE_UNKNOWN',
        'ERR_IPVS_DESTINATION_EXISTS',
        'ERR_IPVS_SERVICE_EXISTS',
        'ERR_IPVS_SERVICE_EXISTS',
      ]);
      assert.equal(client.destinationEntries(keyOf(service)).length, 2);
    },
  },
  {
    name: 'batch-not-found',
    about:
      'What is not found may be the family: it is looked up once, and nothing is asked again when it is the same.',
    tell: ({ client }) => {
      const gone: IpvsRequest = {
        command: 'delete-destination',
        service: keyOf(service),
        destination: destination('198.51.100.9', 80),
      };
      const unknownScheduler: IpvsRequest = {
        command: 'add-service',
        service: { ...other, scheduler: 'nonsense' },
      };
      const codes = client.batch([add, gone, unknownScheduler]).map((error) => error?.code ?? null);
      assert.deepEqual(codes, [null, 'ERR_IPVS_DESTINATION_UNKNOWN', 'ERR_IPVS_SCHEDULER_UNKNOWN']);
    },
  },
];
