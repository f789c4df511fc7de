import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import type { IpvsError } from '../../../../native/ipvs/errors.js';
import { formatDestinationKey, formatServiceKey } from '../../../../native/ipvs/keys.js';
import { describeRequest } from '../../../../native/ipvs/request-codec.js';
import type { IpvsRequest } from '../../../../native/ipvs/types.js';
import { NetlinkConnection, type ConnectionLimits } from '../../../../native/netlink/connection.js';
import { NLM_F_ACK, NLM_F_REQUEST, NLMSG_NOOP } from '../../../../native/netlink/constants.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import {
  destination,
  keyOf,
  refusal,
  tcpKey,
  tcpService,
  withIpvsClient,
} from '../../../kernel/support/ipvs-client.js';
import { concat, message } from '../../../support/scripted-messages.js';
import { AlteringTransport } from '../client/support/altering-transport.js';
import { randomHistory, type ModelTable } from './support/random-requests.js';

const seed = Number(process.env['LVSD_TEST_SEED'] ?? 20261121);

/** The client of `IpvsClient.open`, but with limits of its own and a look at its socket. */
async function withLimits(
  limits: Partial<ConnectionLimits>,
  body: (client: IpvsClient, transport: AlteringTransport) => void,
): Promise<void> {
  await inNewNamespace(() => {
    const transport = new AlteringTransport();
    const client = IpvsClient.connect(new NetlinkConnection(transport, limits));
    try {
      body(client, transport);
    } finally {
      client.close();
    }
  });
}

function runOneByOne(client: IpvsClient, requests: readonly IpvsRequest[]): (IpvsError | null)[] {
  return requests.map((request) => {
    try {
      client.run(request);
      return null;
    } catch (error) {
      return error as IpvsError;
    }
  });
}

function wordOf(error: IpvsError | null): string {
  return error === null ? 'done' : `${error.code} ${error.command} ${error.message}`;
}

/** The table in the model's terms. */
function tableOf(client: IpvsClient): ModelTable {
  return new Map(
    client.services().map((service) => [
      formatServiceKey(service),
      {
        scheduler: service.scheduler,
        weights: new Map(
          client.destinations(service).map((server) => [formatDestinationKey(server), server.weight]),
        ),
      },
    ]),
  );
}

/** The order of the services is the kernel's; that of their destinations counts. */
function comparable(table: ModelTable): string[] {
  const lines = [...table].map(
    ([key, { scheduler, weights }]) => `${key} ${scheduler} ${JSON.stringify([...weights])}`,
  );
  return lines.sort();
}

function deletions(count: number): IpvsRequest[] {
  return Array.from({ length: count }, (_, index) => ({
    command: 'delete-service',
    service: tcpKey(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, 80),
  }));
}

describe('a batch', () => {
  it(`of 10,000 changes, a third of which fail, gives what they give one by one (seed ${seed})`, () =>
    withIpvsClient((batching) =>
      withIpvsClient((single) => {
        const { steps, table } = randomHistory(seed, 10_000);
        const requests = steps.map((step) => step.request);
        const failing = steps.filter((step) => step.code !== null).length;
        assert.ok(failing > 3_000 && failing < 3_700, `${failing} of 10,000 are to fail`);

        const results = batching.batch(requests);
        const differing = results.flatMap((error, index) => {
          const expected = steps[index]!.code;
          return (error?.code ?? null) === expected
            ? []
            : [`${index} ${describeRequest(requests[index]!)}: ${expected}, got ${wordOf(error)}`];
        });
        assert.deepEqual(differing, []);
        assert.deepEqual(comparable(tableOf(batching)), comparable(table));

        assert.deepEqual(runOneByOne(single, requests).map(wordOf), results.map(wordOf));
        assert.deepEqual(comparable(tableOf(single)), comparable(tableOf(batching)));
      }),
    ));

  it('of nothing asks nothing', () =>
    withLimits({}, (client, transport) => {
      const before = transport.sent;
      assert.deepEqual(client.batch([]), []);
      assert.equal(transport.sent, before);
    }));

  it('that takes more room than the socket has is sent in parts', () =>
    withIpvsClient((client) => {
      const services = Array.from({ length: 30 }, (_, index) => tcpService('192.0.2.1', 1 + index));
      const requests = services.flatMap((service): IpvsRequest[] => [
        { command: 'add-service', service },
        ...Array.from({ length: 1_000 }, (_, index): IpvsRequest => {
          const address = `10.0.${index >> 8}.${index & 255}`;
          return {
            command: 'add-destination',
            service: keyOf(service),
            destination: destination(address, 80),
          };
        }),
      ]);
      // 140 bytes each, while the socket was given 2 MiB
      assert.equal(requests.length, 30_030);
      assert.deepEqual(
        client.batch(requests).filter((error) => error !== null),
        [],
      );
      assert.deepEqual(
        services.map((service) => client.destinationEntries(service).length),
        services.map(() => 1_000),
      );
    }));

  it("of 30,000 changes that all fail has the kernel's answer to each", () =>
    withIpvsClient((client) => {
      const requests = deletions(30_000);
      const results = client.batch(requests);
      assert.equal(results.length, requests.length);
      const others = results.filter((error) => error?.code !== 'ERR_IPVS_SERVICE_UNKNOWN');
      assert.deepEqual(others, []);
      assert.equal(results[29_999]?.message, 'delete service tcp:10.0.117.47:80: ESRCH');
    }));

  it('whose answers were lost says so of each that has none, and the client goes on', () =>
    withLimits({ datagramBytes: 2_000_000, datagramRequests: 1_000_000 }, (client, transport) => {
      const before = transport.sent;
      const results = client.batch([
        { command: 'add-service', service: tcpService('192.0.2.1', 80) },
        ...deletions(20_000),
      ]);
      assert.equal(transport.sent - before, 1, 'one datagram');
      const count = (code: string): number => results.filter((error) => error?.code === code).length;
      const [answered, lost] = [count('ERR_IPVS_SERVICE_UNKNOWN'), count('ERR_IPVS_UNKNOWN_OUTCOME')];
      assert.equal(answered + lost, results.length);
      assert.ok(answered > 100 && lost > 100, `${answered} answered, ${lost} lost`);
      // it was done, but nothing says so
      assert.equal(results[0]?.code, 'ERR_IPVS_UNKNOWN_OUTCOME');
      assert.equal(
        results[0].message,
        'add service tcp:192.0.2.1:80: the answer was lost, it may or may not have been done',
      );
      assert.equal(results[0].details.errno, null);

      assert.equal(client.services().length, 1);
      assert.equal(refusal(() => client.run(deletions(1)[0]!)).code, 'ERR_IPVS_SERVICE_UNKNOWN');
      client.run({ command: 'delete-service', service: tcpKey('192.0.2.1', 80) });
      assert.deepEqual(client.services(), []);
    }));

  it('has its answers right behind a question whose answer was lost', () =>
    withLimits({ replyTimeoutMs: 200 }, (client, transport) => {
      const web = tcpService('192.0.2.1', 80);
      client.run({ command: 'add-service', service: web });
      // each is acknowledged, and nobody reads it: the receive buffer overflows, and stays so until it was emptied
      const unread = Array.from({ length: 20_000 }, (_, index) =>
        message({ type: NLMSG_NOOP, flags: NLM_F_REQUEST | NLM_F_ACK, sequence: 1_000_000 + index }),
      );
      transport.send(concat(...unread));

      assert.equal(refusal(() => client.service(keyOf(web))).code, 'ERR_IPVS_UNKNOWN_OUTCOME');
      const results = client.batch([
        ...deletions(1),
        { command: 'add-service', service: web },
        { command: 'add-destination', service: keyOf(web), destination: destination('10.0.0.1', 80) },
      ]);
      assert.deepEqual(
        results.map((error) => error?.code ?? null),
        ['ERR_IPVS_SERVICE_UNKNOWN', 'ERR_IPVS_SERVICE_EXISTS', null],
      );
      assert.equal(client.destinationEntries(keyOf(web)).length, 1);
    }));

  it('of one request a datagram gives the same', () =>
    withLimits({ datagramRequests: 1 }, (client, transport) => {
      const { steps } = randomHistory(seed + 1, 500);
      const before = transport.sent;
      const results = client.batch(steps.map((step) => step.request));
      assert.deepEqual(
        results.map((error) => error?.code ?? null),
        steps.map((step) => step.code),
      );
      assert.ok(transport.sent - before >= 500);
    }));

  it('of a few bytes a datagram gives the same', () =>
    withLimits({ datagramBytes: 300 }, (client, transport) => {
      let longest = 0;
      transport.onSend = ({ length }) => (longest = Math.max(longest, length));
      const { steps, table } = randomHistory(seed + 2, 500);
      const results = client.batch(steps.map((step) => step.request));
      assert.deepEqual(
        results.map((error) => error?.code ?? null),
        steps.map((step) => step.code),
      );
      // and the barrier of 16
      assert.ok(longest > 200 && longest <= 316, `${longest} bytes`);
      assert.deepEqual(comparable(tableOf(client)), comparable(table));
    }));
});
