import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { formatAddress, parseAddress } from '../../../../native/inet/address.js';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import { formatDestinationKey, formatServiceKey } from '../../../../native/ipvs/keys.js';
import type { IpvsDestinationConfig, IpvsRequest, IpvsServiceConfig } from '../../../../native/ipvs/types.js';
import { NetlinkConnection } from '../../../../native/netlink/connection.js';
import {
  destination,
  fwmarkService,
  keyOf,
  tcpService,
  udpService,
  withIpvsClient,
} from '../../../kernel/support/ipvs-client.js';
import { AlteringTransport } from '../client/support/altering-transport.js';
import { procLines, savedRules, withoutIpvsadm } from '../client/support/witness.js';

const web = tcpService('192.0.2.1', 80);

function server(index: number): IpvsDestinationConfig {
  return destination(`10.0.${index >> 8}.${index & 255}`, 80, { weight: index });
}

function additions(from: number, to: number): IpvsRequest[] {
  return Array.from({ length: to - from }, (_, index): IpvsRequest => {
    return { command: 'add-destination', service: keyOf(web), destination: server(from + index) };
  });
}

function mustAll(client: IpvsClient, requests: readonly IpvsRequest[]): void {
  assert.deepEqual(
    client.batch(requests).filter((error) => error !== null),
    [],
  );
}

/** A second client of the namespace whose dumps can be disturbed between two datagrams. */
function watched(): { client: IpvsClient; transport: AlteringTransport } {
  const transport = new AlteringTransport();
  return { client: IpvsClient.connect(new NetlinkConnection(transport)), transport };
}

/** `TCP C0000201:0050 rr` and `TCP [2001:0db8:...]:0050 rr` as the client names them. */
function nameOfProcLine(line: string): string {
  const [protocol, where = ''] = line.split(' ');
  const hexPort = where.slice(where.lastIndexOf(':') + 1);
  const host = where.slice(0, -hexPort.length - 1);
  if (protocol === 'FWM') return `fwmark:${parseInt(where, 16)}`;
  const name = protocol === '->' ? '' : `${protocol!.toLowerCase()}:`;
  const port = parseInt(hexPort, 16);
  if (!host.startsWith('[')) return `${name}${formatAddress(Buffer.from(host, 'hex'), 0, 'ipv4')}:${port}`;
  return `${name}[${formatAddress(parseAddress(host.slice(1, -1))!, 0, 'ipv6')}]:${port}`;
}

describe('a list that takes several datagrams', { skip: withoutIpvsadm }, () => {
  it('has 1,000 services of all kinds, in the order of the kernel', () =>
    withIpvsClient((client) => {
      const services = Array.from({ length: 1_000 }, (_, index): IpvsServiceConfig => {
        if (index % 5 === 0) return fwmarkService('ipv4', 1 + index);
        if (index % 5 === 1) return tcpService(`2001:db8::${index.toString(16)}`, 80);
        if (index % 5 === 2) return udpService('192.0.2.1', 1 + index);
        return tcpService(`192.0.${index >> 8}.${index & 255}`, 80);
      });
      mustAll(
        client,
        services.map((service) => ({ command: 'add-service', service })),
      );
      const { client: second, transport } = watched();
      let datagrams = 0;
      transport.onReceive = (received) => (datagrams = received);
      const listed = second.services();
      second.close();
      assert.ok(datagrams > 3, `${datagrams} datagrams`);

      assert.deepEqual(listed.map(formatServiceKey), procLines().map(nameOfProcLine));
      const { length } = new Set(listed.map(formatServiceKey)).size === 1_000 ? listed : [];
      assert.equal(length, 1_000);
      assert.deepEqual(client.serviceEntries().map(formatServiceKey), listed.map(formatServiceKey));
      assert.equal(savedRules().length, 1_000);
    }));

  it('has 2,000 destinations of one service, newest first', () =>
    withIpvsClient((client) => {
      mustAll(client, [{ command: 'add-service', service: web }, ...additions(0, 2_000)]);
      const listed = client.destinations(keyOf(web));
      assert.deepEqual(
        listed.map((entry) => entry.weight),
        Array.from({ length: 2_000 }, (_, index) => 1_999 - index),
      );
      assert.deepEqual(listed.map(formatDestinationKey), procLines().slice(1).map(nameOfProcLine));
      assert.deepEqual(
        client.destinationEntries(keyOf(web)),
        listed.map(({ stats: _, ...entry }) => entry),
      );
    }));
});

/**
 * The kernel continues a list at a count of entries, not at an entry, and does not tell that the table changed. These hold
 * what a user must expect.
 */
describe('a list during which another client', () => {
  const keys = (entries: readonly { weight: number }[]): number[] => entries.map((entry) => entry.weight);
  const range = (from: number, to: number): number[] =>
    Array.from({ length: from - to + 1 }, (_, index) => from - index);

  /** What `change`, done when one datagram has been received, makes of the list of 2,000. */
  async function listedWhile(
    change: (other: IpvsClient) => void,
  ): Promise<{ during: number[]; after: number[] }> {
    return withIpvsClient((other) => {
      mustAll(other, [{ command: 'add-service', service: web }, ...additions(0, 2_000)]);
      const { client, transport } = watched();
      transport.onReceive = (received) => {
        if (received === 1) change(other);
      };
      try {
        const during = keys(client.destinations(keyOf(web)));
        transport.onReceive = () => undefined;
        return { during, after: keys(client.destinations(keyOf(web))) };
      } finally {
        client.close();
      }
    });
  }

  it('deletes entries already listed ends, and lacks as many others', async () => {
    const { during, after } = await listedWhile((other) =>
      mustAll(
        other,
        Array.from({ length: 50 }, (_, index) => ({
          command: 'delete-destination',
          service: keyOf(web),
          destination: server(1_999 - index),
        })),
      ),
    );
    assert.equal(during.length, 1_950);
    assert.equal(new Set(during).size, 1_950, 'none twice');
    assert.equal(during[0], 1_999);
    assert.equal(during.at(-1), 0);
    assert.deepEqual(after, range(1_949, 0));
  });

  it('adds entries ends, and has as many twice', async () => {
    const { during, after } = await listedWhile((other) => mustAll(other, additions(2_000, 2_050)));
    assert.equal(during.length, 2_050);
    assert.deepEqual(
      [...new Set(during)],
      range(1_999, 0),
      'none is missing, and those that came first are not there',
    );
    assert.deepEqual(after, range(2_049, 0));
  });

  it('deletes the service ends where it was', async () => {
    const { during, after } = await listedWhile((other) =>
      other.run({ command: 'delete-service', service: keyOf(web) }),
    );
    assert.ok(during.length > 0 && during.length < 2_000, `${during.length}`);
    assert.deepEqual(during, range(1_999, 2_000 - during.length));
    assert.deepEqual(after, []);
  });

  it(
    'works without a pause never fails, and gives nothing that was not there',
    { skip: withoutIpvsadm },
    () =>
      withIpvsClient(async (client) => {
        mustAll(client, [{ command: 'add-service', service: web }, ...additions(0, 600)]);
        const lines = Array.from({ length: 3_000 }, (_, index) => {
          const host = 600 + (index >> 1);
          const place = `-t 192.0.2.1:80 -r 10.0.${host >> 8}.${host & 255}:80`;
          return index % 2 === 0 ? `-a ${place} -m -w ${host}` : `-d ${place}`;
        });
        const other = spawn('ipvsadm', ['-R'], { stdio: ['pipe', 'ignore', 'inherit'] });
        const ended = once(other, 'exit');
        other.stdin.end(`${lines.join('\n')}\n`);
        let lists = 0;
        let disturbed = 0;
        while (other.exitCode === null) {
          const listed = keys(client.destinations(keyOf(web)));
          assert.ok(listed.length >= 598 && listed.length <= 603, `${listed.length} entries`);
          if (listed[0]! >= 600) disturbed++;
          lists++;
          await turn();
        }
        assert.deepEqual(await ended, [0, null]);
        assert.ok(lists > 5 && disturbed > 0, `${disturbed} of ${lists} lists met another's change`);
        assert.deepEqual(keys(client.destinations(keyOf(web))), range(599, 0));
      }),
  );
});
