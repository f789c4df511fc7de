import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import { IPVS_CMD_GET_INFO } from '../../../../native/ipvs/constants.js';
import { describeRequest } from '../../../../native/ipvs/request-codec.js';
import type { IpvsRequest } from '../../../../native/ipvs/types.js';
import { openDescriptors } from '../../../../native/libc/descriptor.js';
import {
  destination,
  fwmarkService,
  keyOf,
  refusal,
  tcpService,
  withIpvsClient,
} from '../../../kernel/support/ipvs-client.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import { load, withoutLoader, withoutModule } from './support/module.js';
import { RawConnection } from './support/raw-request.js';

const web = tcpService('192.0.2.1', 80);
const server = destination('10.0.0.1', 80);
const reason = 'the kernel has no IPVS: load module ip_vs';

/** One of each command. */
const requests: readonly IpvsRequest[] = [
  { command: 'add-service', service: web },
  { command: 'edit-service', service: web },
  { command: 'add-destination', service: keyOf(web), destination: server },
  { command: 'edit-destination', service: keyOf(web), destination: server },
  { command: 'delete-destination', service: keyOf(web), destination: server },
  { command: 'zero', service: keyOf(web) },
  { command: 'zero', service: null },
  { command: 'set-timeouts', timeouts: { tcpSec: 1, tcpFinSec: 1, udpSec: 1 } },
  { command: 'stop-daemon', role: 'master' },
  { command: 'start-daemon', daemon: { role: 'master', interface: 'lo', syncId: 1 } },
  { command: 'flush' },
  { command: 'delete-service', service: keyOf(web) },
];

/** The family's id now. */
function familyId(): number {
  const raw = new RawConnection();
  try {
    assert.equal(raw.request(IPVS_CMD_GET_INFO, {}), '1 entries');
    return raw.family;
  } finally {
    raw.close();
  }
}

/** Gives `body` a client whose family id is out of date: the module was loaded anew, with another one. */
async function withStaleClient(body: (client: IpvsClient) => void): Promise<void> {
  await withIpvsClient(async (client) => {
    const before = familyId();
    await withoutModule(() => {
      load('ip_vs');
      assert.notEqual(familyId(), before);
      body(client);
      client.run({ command: 'flush' });
    });
  });
}

describe('without the module, and without a way to load it', () => {
  it('a client cannot be opened, and leaves nothing open', () =>
    inNewNamespace(() =>
      withoutModule(() =>
        withoutLoader(() => {
          const before = [openDescriptors(), readdirSync('/proc/self/fd').length];
          for (let round = 0; round < 3; round++) {
            const error = refusal(() => IpvsClient.open());
            assert.equal(error.code, 'ERR_IPVS_UNAVAILABLE');
            assert.equal(error.command, 'open');
            assert.equal(error.message, `open the IPVS table: ${reason}`);
            assert.equal(error.details.errno, 'ENOENT');
          }
          assert.deepEqual([openDescriptors(), readdirSync('/proc/self/fd').length], before);
        }),
      ),
    ));

  it('every question and every change of an open client says so', () =>
    withIpvsClient((client) =>
      withoutModule(() =>
        withoutLoader(() => {
          const questions: readonly (readonly [string, () => unknown])[] = [
            ['get IPVS version', () => client.info()],
            ['list services', () => client.services()],
            ['list services', () => client.serviceEntries()],
            ['get service tcp:192.0.2.1:80', () => client.service(web)],
            ['list destinations of tcp:192.0.2.1:80', () => client.destinations(web)],
            ['list sync daemons', () => client.daemons()],
            ['get timeouts', () => client.timeouts()],
          ];
          for (const [operation, ask] of questions) {
            const error = refusal(ask);
            assert.equal(error.code, 'ERR_IPVS_UNAVAILABLE');
            assert.equal(error.message, `${operation}: ${reason}`);
            assert.notEqual(error.command, 'open');
          }
          for (const request of requests) {
            const error = refusal(() => client.run(request));
            assert.equal(error.code, 'ERR_IPVS_UNAVAILABLE');
            assert.equal(error.message, `${describeRequest(request)}: ${reason}`);
            assert.equal(error.command, request.command);
          }
        }),
      ),
    ));

  it('a batch gives that for each of its changes, and keeps what was invalid by itself', () =>
    withIpvsClient((client) =>
      withoutModule(() =>
        withoutLoader(() => {
          const invalid: IpvsRequest = { command: 'add-service', service: { ...web, port: -1 } };
          const results = client.batch([invalid, ...requests]);
          assert.deepEqual(
            results.map((error) => error?.code),
            ['ERR_IPVS_INVALID', ...requests.map(() => 'ERR_IPVS_UNAVAILABLE')],
          );
          assert.deepEqual(
            results.slice(1).map((error) => error?.message),
            requests.map((request) => `${describeRequest(request)}: ${reason}`),
          );
        }),
      ),
    ));

  it('a client works again as soon as the module is back', () =>
    withIpvsClient(async (client) => {
      await withoutModule(() => withoutLoader(() => void refusal(() => client.services())));
      client.run({ command: 'add-service', service: web });
      assert.equal(client.services().length, 1);
    }));
});

describe('without the module', () => {
  it('opening a client loads it', () =>
    inNewNamespace(() =>
      withoutModule(() => {
        assert.doesNotMatch(readFileSync('/proc/modules', 'utf8'), /^ip_vs /m);
        const client = IpvsClient.open();
        assert.deepEqual(client.services(), []);
        assert.match(readFileSync('/proc/modules', 'utf8'), /^ip_vs /m);
        client.close();
      }),
    ));

  it('a question of an open client loads it', () =>
    withIpvsClient((client) =>
      withoutModule(() => {
        assert.deepEqual(client.timeouts(), { tcpSec: 900, tcpFinSec: 120, udpSec: 300 });
      }),
    ));

  it('a change loads it, and its scheduler', () =>
    withIpvsClient((client) =>
      withoutModule(() => {
        client.run({ command: 'add-service', service: { ...web, scheduler: 'mh' } });
        assert.match(readFileSync('/proc/modules', 'utf8'), /^ip_vs_mh /m);
        client.run({ command: 'flush' });
      }),
    ));

  it('a scheduler that cannot be loaded is unknown', () =>
    withIpvsClient((client) =>
      withoutModule(async () => {
        load('ip_vs');
        await withoutLoader(() => {
          const error = refusal(() => client.run({ command: 'add-service', service: web }));
          assert.equal(error.code, 'ERR_IPVS_SCHEDULER_UNKNOWN');
          client.run({ command: 'add-service', service: { ...web, scheduler: 'none' } });
        });
        client.run({ command: 'edit-service', service: web });
        client.run({ command: 'flush' });
      }),
    ));
});

describe('with the module loaded anew', () => {
  it('a question finds the new family', () =>
    withStaleClient((client) => {
      assert.equal(client.info().version, '1.2.1');
    }));

  it('a list finds the new family', () =>
    withStaleClient((client) => {
      assert.deepEqual(client.services(), []);
    }));

  it('a list of destinations finds the new family, though the kernel never refuses one', () =>
    withStaleClient((client) => {
      assert.deepEqual(client.destinations(web), []);
    }));

  it('a question that is refused by the new family is refused', () =>
    withStaleClient((client) => {
      assert.equal(refusal(() => client.service(web)).code, 'ERR_IPVS_SERVICE_UNKNOWN');
    }));

  it('a change finds the new family', () =>
    withStaleClient((client) => {
      client.run({ command: 'add-service', service: web });
      assert.equal(client.services().length, 1);
    }));

  it('a change that the new family refuses in the same word is refused', () =>
    withStaleClient((client) => {
      const request = { command: 'add-service', service: { ...web, scheduler: 'nosuch' } } as const;
      const error = refusal(() => client.run(request));
      assert.equal(error.code, 'ERR_IPVS_SCHEDULER_UNKNOWN');
      assert.equal(error.message, 'add service tcp:192.0.2.1:80: ENOENT');
    }));

  it('a batch is run with the new family, each change once and in order', () =>
    withStaleClient((client) => {
      const codes = client
        .batch([
          { command: 'add-service', service: web },
          { command: 'add-service', service: web },
          { command: 'add-service', service: { ...fwmarkService('ipv4', 7), scheduler: 'nosuch' } },
          { command: 'edit-destination', service: keyOf(web), destination: server },
          { command: 'add-destination', service: keyOf(web), destination: server },
          { command: 'delete-service', service: fwmarkService('ipv4', 7) },
          { command: 'add-service', service: { ...web, port: -1 } },
        ])
        .map((error) => error?.code ?? null);
      assert.deepEqual(codes, [
        null,
        'ERR_IPVS_SERVICE_EXISTS',
        'ERR_IPVS_SCHEDULER_UNKNOWN',
        'ERR_IPVS_DESTINATION_UNKNOWN',
        null,
        'ERR_IPVS_SERVICE_UNKNOWN',
        'ERR_IPVS_INVALID',
      ]);
      assert.equal(client.destinations(web).length, 1);
    }));

  it('a batch of thousands is run with the new family', () =>
    withStaleClient((client) => {
      const many = Array.from({ length: 5_000 }, (_, index): IpvsRequest => {
        return { command: 'add-service', service: tcpService(`192.0.${index >> 8}.${index & 255}`, 80) };
      });
      assert.deepEqual(
        client.batch(many).filter((error) => error !== null),
        [],
      );
      assert.equal(client.serviceEntries().length, 5_000);
    }));
});
