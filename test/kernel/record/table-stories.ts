import assert from 'node:assert/strict';
import { destination, fwmarkService, keyOf, refusal, tcpService } from '../support/ipvs-client.js';
import type { Story } from './story.js';

export const tableStories: readonly Story[] = [
  {
    name: 'info',
    about: 'Version of IPVS and size of its table of connections.',
    tell: ({ client }) => assert.deepEqual(client.info(), { version: '1.2.1', connectionTableSize: 4096 }),
  },
  {
    name: 'timeouts',
    about: 'Timeouts: what they are at first, all of them set, one of them set, values that are refused.',
    tell: ({ client }) => {
      assert.deepEqual(client.timeouts(), { tcpSec: 900, tcpFinSec: 120, udpSec: 300 });
      client.run({ command: 'set-timeouts', timeouts: { tcpSec: 1, tcpFinSec: 2, udpSec: 21_474_836 } });
      client.run({ command: 'set-timeouts', timeouts: { tcpSec: 0, tcpFinSec: 77, udpSec: 0 } });
      assert.deepEqual(client.timeouts(), { tcpSec: 1, tcpFinSec: 77, udpSec: 21_474_836 });
      for (const udpSec of [21_474_837, 2 ** 31, 2 ** 32 - 1]) {
        const timeouts = { tcpSec: 3, tcpFinSec: 0, udpSec };
        const refused = refusal(() => client.run({ command: 'set-timeouts', timeouts }));
        assert.equal(refused.code, 'ERR_IPVS_INVALID');
      }
      assert.deepEqual(client.timeouts(), { tcpSec: 1, tcpFinSec: 77, udpSec: 21_474_836 });
    },
  },
  {
    name: 'zero-and-flush',
    about: 'Counters of one service and of all set to zero; the table emptied.',
    tell: ({ client }) => {
      const [tcp, mark] = [tcpService('192.0.2.1', 80), fwmarkService('ipv6', 7)];
      client.run({ command: 'add-service', service: tcp });
      client.run({ command: 'add-service', service: mark });
      client.run({
        command: 'add-destination',
        service: keyOf(tcp),
        destination: destination('198.51.100.1', 80),
      });
      client.run({ command: 'zero', service: keyOf(tcp) });
      client.run({ command: 'zero', service: keyOf(mark) });
      client.run({ command: 'zero', service: null });
      client.run({ command: 'flush' });
      assert.deepEqual(client.services(), []);
      assert.deepEqual(client.destinations(keyOf(tcp)), []);
      client.run({ command: 'flush' });
    },
  },
];
