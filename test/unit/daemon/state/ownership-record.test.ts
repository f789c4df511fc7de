import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { HostIdentity } from '../../../../src/daemon/state/host-identity.js';
import {
  NO_OWNERSHIP,
  ownershipFormat,
  readOwnership,
  type OwnedService,
  type Ownership,
} from '../../../../src/daemon/state/ownership-record.js';
import { decodeState, encodeState } from '../../../../src/daemon/state/state-file.js';
import type { ServerKey, ServiceKey } from '../../../../src/model/keys.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { seededRandom, type SeededRandom } from '../../../support/random.js';

const host: HostIdentity = { bootId: 'b1', namespace: '4:4026531833', namespaceCookie: '3' };
const uid = process.getuid?.() ?? 0;
const clock = new FakeClock();
const seed = Number(process.env['LVSD_TEST_SEED'] ?? 21);

function leavers(...keys: readonly string[]): OwnedService['leaving'] {
  const leaver = { name: 'web', origin: 'file', sinceMs: 5, deadlineMs: 10.5 } as const;
  return new Map(keys.map((key) => [key as ServerKey, leaver]));
}

const ownership: Ownership = {
  services: new Map([
    ['tcp:192.0.2.1:80' as ServiceKey, { name: 'shop', leaving: leavers('10.0.0.9:80') }],
    ['match:calls' as ServiceKey, { name: 'calls', leaving: new Map() }],
  ]),
  addresses: [
    {
      interface: 'eth0',
      address: '2001:db8::10',
      prefixLength: 128,
      service: 'tcp:[2001:db8::10]:80' as ServiceKey,
      name: 'shop',
    },
  ],
  rules: [
    { engine: 'nft', family: 'inet', table: 'lvsd' },
    { engine: 'iptables', family: 6, table: 'mangle', chain: 'LVSD' },
  ],
  sysctls: [{ path: '/proc/sys/net/ipv4/conf/eth0.5/rp_filter', before: '1', set: '0' }],
  syncDaemons: [{ role: 'backup', interface: 'eth1', syncId: 51 }],
  timeoutsBefore: { tcpSec: 900, tcpFinSec: 120, udpSec: 300 },
  marks: new Map([['calls', 0x4c00_0000]]),
};

describe('ownership record', () => {
  let folder: string;
  let path: string;
  const store = async (owned: Ownership, at = host): Promise<void> => {
    const bytes = await encodeState(ownershipFormat, { host: at, ownership: owned }, clock);
    await writeFile(path, bytes, { mode: 0o600 });
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lvsd-ownership-'));
    path = join(folder, 'ownership.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('reads strangers as they were written before servers of the file were drained, too', () => {
    const services = [{ service: 'tcp:192.0.2.1:80', name: 'shop', strangers: ['10.0.0.9:80'] }];
    const empty = { addresses: [], rules: [], sysctls: [], syncDaemons: [], timeoutsBefore: null, marks: [] };
    const read = ownershipFormat.schema.parse({ host, services, ...empty });
    const [shop] = [...read.ownership.services.values()];
    assert.deepEqual(
      [...(shop?.leaving ?? [])],
      [['10.0.0.9:80', { name: '10.0.0.9:80', origin: 'stranger', sinceMs: 0, deadlineMs: null }]],
    );
  });

  it('gives back what was written, on the same boot in the same namespace', async () => {
    await store(ownership);
    const reading = await readOwnership(folder, host, uid);
    assert.deepEqual(reading, { kind: 'read', content: ownership, marks: ownership.marks });
  });

  it('is not there at a first start', async () => {
    assert.deepEqual(await readOwnership(folder, host, uid), { kind: 'none', marks: new Map() });
  });

  const others: readonly { name: string; current: HostIdentity | null; cause: string }[] = [
    { name: 'another boot', current: { ...host, bootId: 'b2' }, cause: 'other-boot' },
    {
      name: 'another boot whose namespace has the same numbers',
      current: { bootId: 'b2', namespace: host.namespace, namespaceCookie: '3' },
      cause: 'other-boot',
    },
    { name: 'another namespace', current: { ...host, namespace: '4:1' }, cause: 'other-namespace' },
    {
      name: 'a namespace that was given the inode of one that is gone',
      current: { ...host, namespaceCookie: '4' },
      cause: 'other-namespace',
    },
    { name: 'a system that does not tell', current: null, cause: 'unknown-host' },
  ];
  for (const { name, current, cause } of others) {
    it(`claims nothing on ${name}, and keeps the marks`, async () => {
      await store(ownership);
      const reading = await readOwnership(folder, current, uid);
      assert.equal(reading.kind === 'void' && reading.cause, cause);
      assert.ok(!('content' in reading));
      assert.deepEqual(reading.marks, ownership.marks);
    });
  }

  it('does without the cookie where one of the two readings lacks it', async () => {
    await store(ownership, { ...host, namespaceCookie: null });
    assert.equal((await readOwnership(folder, host, uid)).kind, 'read');
    await store(ownership);
    assert.equal((await readOwnership(folder, { ...host, namespaceCookie: null }, uid)).kind, 'read');
  });

  it('claims nothing when it was cut off after any byte', async () => {
    await store(ownership);
    const whole = await readFile(path);
    for (let length = 0; length < whole.length; length++) {
      await writeFile(path, whole.subarray(0, length));
      const reading = await readOwnership(folder, host, uid);
      assert.equal(reading.kind, 'void', `${length} bytes`);
      assert.deepEqual(reading.marks, new Map(), `${length} bytes`);
    }
  });

  const refused: readonly { name: string; owned: Ownership }[] = [
    {
      name: 'a setting outside /proc/sys',
      owned: { ...NO_OWNERSHIP, sysctls: [{ path: '/etc/shadow', before: '', set: '' }] },
    },
    {
      name: 'a setting that climbs out of /proc/sys',
      owned: { ...NO_OWNERSHIP, sysctls: [{ path: '/proc/sys/../1/mem', before: '', set: '' }] },
    },
    {
      name: 'a service without a key',
      owned: {
        ...NO_OWNERSHIP,
        services: new Map([['' as ServiceKey, { name: 'a', leaving: new Map() }]]),
      },
    },
    { name: 'a mark that is none', owned: { ...NO_OWNERSHIP, marks: new Map([['a', 0]]) } },
    {
      name: 'a prefix that no address has',
      owned: {
        ...NO_OWNERSHIP,
        addresses: ownership.addresses.map((address) => ({ ...address, prefixLength: 129 })),
      },
    },
  ];
  for (const { name, owned } of refused) {
    it(`refuses ${name}, and with it the whole record`, async () => {
      await store({ ...owned, syncDaemons: ownership.syncDaemons });
      const reading = await readOwnership(folder, host, uid);
      assert.equal(reading.kind === 'void' && reading.cause, 'damaged');
    });
  }

  it('gives back any ownership, and never claims more of a changed file', async () => {
    const random = seededRandom(seed);
    for (let round = 0; round < 300; round++) {
      const owned = randomOwnership(random);
      const bytes = Buffer.concat(await encodeState(ownershipFormat, { host, ownership: owned }, clock));
      const read = decodeState(ownershipFormat, bytes, path);
      assert.deepEqual(read, { kind: 'read', content: { host, ownership: owned } }, `seed ${seed}, ${round}`);
      const at = random.int(0, bytes.length - 1);
      bytes[at] = (bytes[at]! + random.int(1, 255)) % 256;
      assert.equal(
        decodeState(ownershipFormat, bytes, path).kind,
        'void',
        `seed ${seed}, ${round}: byte ${at}`,
      );
    }
  });
});

const words = ['a', 'shop', '__proto__', 'constructor', 'ä"\\', '0', ' ', '\u2028', '10.0.0.1:80', '\ud800'];

function randomOwnership(random: SeededRandom): Ownership {
  const some = <T>(make: () => T): T[] => Array.from({ length: random.int(0, 4) }, make);
  const word = (): string => random.pick(words) + random.pick(words);
  const pairs = <T>(make: () => T): [string, T][] => some(() => [word(), make()]);
  return {
    services: new Map(
      pairs(() => ({ name: word(), leaving: leavers(...some(word)) })) as [ServiceKey, OwnedService][],
    ),
    addresses: some(() => ({
      interface: word(),
      address: word(),
      prefixLength: random.int(0, 128),
      service: word() as ServiceKey,
      name: word(),
    })),
    rules: some(() =>
      random.chance(0.5)
        ? { engine: 'nft', family: random.pick(['inet', 'ip', 'ip6'] as const), table: word() }
        : { engine: 'iptables', family: random.pick([4, 6] as const), table: word(), chain: word() },
    ),
    sysctls: some(() => ({ path: `/proc/sys/net/${random.int(0, 9)}`, before: word(), set: word() })),
    syncDaemons: some(() => ({
      role: random.pick(['master', 'backup'] as const),
      interface: word(),
      syncId: random.int(0, 255),
    })),
    timeoutsBefore: random.chance(0.5) ? null : { tcpSec: random.int(0, 9), tcpFinSec: 2, udpSec: 0 },
    marks: new Map(pairs(() => random.int(1, 0xffff_ffff))),
  };
}
