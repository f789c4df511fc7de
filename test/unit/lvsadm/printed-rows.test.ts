/** The plain listing from rows that the kernel prints: the same text as from netlink alone, which recordings of ipvsadm hold. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SyscallError } from '../../../native/libc/errno.js';
import type { IpvsDestination, IpvsServiceKey } from '../../../native/ipvs/types.js';
import { PrintedTable } from '../../../native/proc/printed-table.js';
import { lvsadm } from '../../lvsadm/program.js';
import { FakeIpvsTable, noStats } from '../../support/fake-ipvs-table.js';
import type { FakeService } from '../../support/fake-ipvs-table.js';
import { printedTableText } from '../../support/printed-table-text.js';
import { seededRandom } from '../../support/random.js';

const seed = Number(process.env['LVSD_TEST_SEED'] ?? 20261);

function service(key: IpvsServiceKey, ...destinations: readonly IpvsDestination[]): FakeService {
  const settings = { scheduler: 'wlc', flags: 2, timeoutSec: 0, persistenceEngine: null, stats: noStats };
  const netmask = key.family === 'ipv4' ? 0xffffffff : 128;
  return { service: { ...key, ...settings, netmask }, destinations };
}

function server(address: string, port: number, more: Partial<IpvsDestination> = {}): IpvsDestination {
  return {
    family: address.includes(':') ? 'ipv6' : 'ipv4',
    address,
    port,
    forwarding: 'masq',
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel: null,
    activeConnections: 0,
    inactiveConnections: 0,
    persistentConnections: 0,
    stats: noStats,
    ...more,
  };
}

const web: IpvsServiceKey = { family: 'ipv4', protocol: 6, address: '192.0.2.1', port: 80 };

/** Counts the lists of servers that are asked for. */
class CountingTable extends FakeIpvsTable {
  asked = 0;

  override destinationEntries(key: IpvsServiceKey): ReturnType<FakeIpvsTable['destinationEntries']> {
    this.asked++;
    return super.destinationEntries(key);
  }
}

interface Listing {
  readonly text: string;
  /** Services whose servers were asked for over netlink. */
  readonly asked: number;
}

async function list(
  services: readonly FakeService[],
  printed: (() => PrintedTable) | null,
  words: readonly string[] = ['-Ln'],
): Promise<Listing> {
  const table = new CountingTable({ services });
  const { exit, stdout, stderr } = await lvsadm(words, { table, ...(printed && { printedTable: printed }) });
  assert.deepEqual([exit, stderr], [0, '']);
  return { text: stdout, asked: table.asked };
}

function printedOf(services: readonly FakeService[]): () => PrintedTable {
  return () => new PrintedTable(Buffer.from(printedTableText(services), 'latin1'));
}

/** The listing with what the kernel prints; asserts that it is the one without. */
async function listBoth(services: readonly FakeService[], words = ['-Ln']): Promise<Listing> {
  const both = await list(services, printedOf(services), words);
  assert.equal(both.text, (await list(services, null, words)).text);
  return both;
}

describe('lvsadm -Ln with a printed table', () => {
  it('asks netlink for no servers', async () => {
    const services = [
      service(
        web,
        server('10.0.0.9', 8080, { weight: 100_000 }),
        server('10.0.0.1', 80, { forwarding: 'local' }),
      ),
      service(
        { ...web, protocol: 17 },
        server('255.255.255.255', 65535, { activeConnections: 12_345_678_90 }),
      ),
      service({ ...web, protocol: 132 }),
      service(
        { family: 'ipv6', protocol: 6, address: '2001:db8::1', port: 443 },
        server('::1', 443, { forwarding: 'droute' }),
        server('10.0.0.1', 443, { forwarding: 'tunnel' }),
        server('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', 65535),
      ),
      service({ family: 'ipv4', fwmark: 7 }, server('10.0.0.1', 0)),
    ];
    assert.equal((await listBoth(services)).asked, 0);
    assert.equal((await listBoth(services, ['-Ln', '--nosort'])).asked, 0);
  });

  it('asks netlink where the file leaves something open', async () => {
    const marks = [
      service({ family: 'ipv4', fwmark: 7 }, server('10.0.0.1', 0)),
      service({ family: 'ipv6', fwmark: 7 }, server('2001:db8::1', 0)),
    ];
    assert.equal((await listBoth([...marks, service(web)])).asked, 2);
    const below = [service(web, server('10.0.0.1', 80, { inactiveConnections: 2 ** 32 - 1 }))];
    const { text, asked } = await listBoth(below);
    assert.equal(asked, 1);
    assert.match(text, /4294967295/);
    const unknown = [service({ ...web, protocol: 1 }, server('10.0.0.1', 80))];
    assert.equal((await listBoth(unknown)).asked, 1);
  });

  it('asks netlink for services that the file does not have, and where there is no file', async () => {
    const services = [
      service(web, server('10.0.0.1', 80)),
      service({ ...web, port: 81 }, server('10.0.0.2', 80)),
    ];
    const wanted = await list(services, null);
    assert.equal(wanted.asked, 2);
    assert.deepEqual(await list(services, printedOf(services.slice(1))), { ...wanted, asked: 1 });
    const none = (): never => {
      throw new SyscallError('open', 2, '/proc/thread-self/net/ip_vs');
    };
    assert.deepEqual(await list(services, none), wanted);
  });

  it('leaves the other listings to netlink', async () => {
    const services = [service(web, server('10.0.0.1', 80))];
    const forbidden = (): never => assert.fail('the printed table was asked for');
    for (const words of [
      ['-L'],
      ['-Ln', '--thresholds'],
      ['-Ln', '--stats'],
      ['-Sn'],
      ['-Ln', '-t', '192.0.2.1:80'],
    ])
      assert.equal((await list(services, forbidden, words)).text, (await list(services, null, words)).text);
  });

  it('writes more than fits into one piece, in order', async () => {
    const servers = Array.from({ length: 3_000 }, (_, index) =>
      server(`10.1.${index >> 8}.${index & 255}`, 80),
    );
    const services = [
      service(web, ...servers),
      ...Array.from({ length: 500 }, (_, port) =>
        service({ ...web, port: 100 + port }, ...servers.slice(0, 5)),
      ),
    ];
    assert.equal((await listBoth(services)).asked, 0);
  });

  it(`lists random tables as without it (LVSD_TEST_SEED=${seed})`, async () => {
    const random = seededRandom(seed);
    const below = (limit: number): number => random.int(0, limit - 1);
    const address = (): string =>
      below(2) === 0
        ? Array.from({ length: 4 }, () => below(256)).join('.')
        : `${(0x2000 + below(4096)).toString(16)}::${(1 + below(65535)).toString(16)}`;
    const randomServer = (at: string): IpvsDestination =>
      server(at, below(65_536), { weight: below(2 ** 31) });
    for (let round = 0; round < 30; round++) {
      const ports = Array.from({ length: below(6) }, (_, index) => 1 + index);
      const services: FakeService[] = ports.map((port) => {
        const at = new Set(Array.from({ length: below(9) }, address));
        return service({ ...web, port }, ...Array.from(at, randomServer));
      });
      assert.equal((await listBoth(services)).asked, 0);
      await listBoth(services, ['-Ln', '--nosort']);
    }
  });
});
