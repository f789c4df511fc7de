/** Two `VrrpProcess` with a line of their own and a heartbeat line, both of which a test cuts, and a witness. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { decodeHello, isHello, isHelloDrop } from '../../../native/vrrp/hello.js';
import { decodeAdvertisement, isDrop } from '../../../native/vrrp/packet.js';
import type { InterfaceAddress, Link } from '../../../native/rtnetlink/types.js';
import type { LineListener, OpenLine } from '../../../src/ha/advertisement-line.js';
import type { FromVrrp } from '../../../src/ha/messages.js';
import { VrrpProcess } from '../../../src/ha/process.js';
import type { VrrpInstance } from '../../../src/model/vrrp-instance.js';
import type { VrrpRole } from '../../../src/model/vrrp-role.js';
import { FakeClock } from '../../support/fake-clock.js';
import { vip, vrrpInstance } from '../../support/vrrp-instance.js';

const VIP = '10.0.0.100';
const ROUTER = '10.0.0.254';
/** 300 ms, the skew of the lesser one, and an interval for who was heard last. */
const LONG_MS = 600;

interface Tap {
  readonly host: Host;
  readonly segment: number;
  readonly source: string;
  readonly group: boolean;
  readonly listener: LineListener;
}

let clock: FakeClock;
let taps: Set<Tap>;
/** By number of the interface. */
let cut: Set<number>;
let witnessAnswers: boolean;
let log: string[];

function carry(from: Tap, bytes: Uint8Array, destination: string): void {
  const path = { family: 'ipv4', source: from.source, destination, hopLimit: 255 } as const;
  const toGroup = destination === '224.0.0.18';
  log.push(`${from.source} ${isHello(bytes) ? 'hello' : 'advertisement'} ${bytes[2]} ${bytes[4]}`);
  for (const { host, segment, source, group, listener } of [...taps]) {
    if (cut.has(segment) || segment !== from.segment || host === from.host || !host.runs) continue;
    if (toGroup ? !group : source !== destination) continue;
    const decoded = isHello(bytes) ? decodeHello(bytes, path) : decodeAdvertisement(bytes, path);
    if ('state' in decoded) listener.onHello?.(decoded, path);
    else if (!isHelloDrop(decoded as never) && !isDrop(decoded as never))
      listener.onAdvertisement(decoded as never, path);
  }
}

class Host {
  readonly said: FromVrrp[] = [];
  readonly held = new Set<string>();
  readonly process: VrrpProcess;
  readonly #number: number;
  runs = true;

  constructor(number: number) {
    this.#number = number;
    this.process = new VrrpProcess({
      clock,
      tell: (message) => void this.said.push(message),
      addresses: {
        add: (addresses) => this.#each(addresses, (address) => this.held.add(address)),
        announce: () => [],
        mend: () => [],
        remove: (addresses) => this.#each(addresses, (address) => this.held.delete(address)),
      },
      interfaces: {
        start: () => undefined,
        link: (name) => ({ index: Number(name.slice(3)) + 1, up: true, carrier: true }) as Link,
        addresses: () =>
          [0, 1].map(
            (net) =>
              ({
                address: `10.${net}.0.${number}`,
                index: net + 1,
                family: 'ipv4',
                flags: 0,
                prefixLength: 24,
              }) as InterfaceAddress,
          ),
        isOwnHardware: () => false,
        close: () => undefined,
      },
      openClaims: () => ({ ask: () => undefined, close: () => undefined }),
      openLine: (options, listener) => this.#open(options, listener),
      openPing: () => {
        let readable = (): void => undefined;
        const answers: { sequence: number; payload: Uint8Array }[] = [];
        return {
          send: (sequence, payload) => {
            if (!witnessAnswers) return;
            answers.push({ sequence, payload });
            clock.after(1, () => readable());
          },
          receive: () => answers.shift() ?? null,
          onReadable: (callback) => (readable = callback),
          close: () => undefined,
        };
      },
    });
    this.process.start([]);
  }

  configure(priority: number, witness: readonly string[], own: Partial<VrrpInstance> = {}): void {
    const heartbeat = [{ interface: 'eth1', peer: `10.1.0.${3 - this.#number}` }];
    const addresses = [vip(`${VIP}/24`)];
    const instance = vrrpInstance({ priority, advertiseMs: 100, addresses, heartbeat, ...own });
    this.process.hear({
      kind: 'configure',
      instances: [instance],
      onCrash: 'release',
      stallLimitMs: 1e9,
      witness,
    });
    this.process.hear({ kind: 'heartbeat', programmed: true, tracks: [] });
  }

  get role(): VrrpRole {
    clock.advance(0);
    const last = this.said.findLast((message) => message.kind === 'roles');
    assert.ok(last?.kind === 'roles' && last.roles[0]);
    return last.roles[0];
  }

  get lines(): readonly string[] {
    return this.role.lines.map(({ interface: name, state }) => `${name} ${state}`);
  }

  get transitions(): number {
    return this.said.filter(({ kind }) => kind === 'transition').length;
  }

  #open({ index, source, group }: Parameters<OpenLine>[0], listener: LineListener): ReturnType<OpenLine> {
    const tap = { host: this, segment: index - 1, source, group, listener };
    taps.add(tap);
    return {
      send: (bytes, destination) => {
        carry(tap, bytes, destination);
        return null;
      },
      drain: () => undefined,
      close: () => void taps.delete(tap),
    };
  }

  #each(addresses: readonly { address: string }[], act: (address: string) => void): readonly [] {
    for (const { address } of addresses) act(address);
    return [];
  }
}

/** The first is active, and has told so on both lines. */
function pair(witness: readonly string[] = [], own: Partial<VrrpInstance> = {}): readonly [Host, Host] {
  const [first, second] = [new Host(1), new Host(2)];
  first.configure(150, witness, own);
  second.configure(100, witness, own);
  clock.advance(3000);
  assert.deepEqual([first.role.state, second.role.state], ['active', 'backup']);
  assert.deepEqual(
    [first.lines, second.lines],
    [
      ['eth1 heard', 'eth0 heard'],
      ['eth1 heard', 'eth0 heard'],
    ],
  );
  return [first, second];
}

const states = (...hosts: readonly Host[]): readonly string[] => hosts.map(({ role }) => role.state);

describe('VrrpProcess with heartbeat lines', () => {
  beforeEach(() => {
    clock = new FakeClock();
    taps = new Set();
    cut = new Set();
    witnessAnswers = true;
    log = [];
  });

  for (const [name, segment] of [
    ['the own', 0],
    ['a heartbeat', 1],
  ] as const)
    it(`takes nothing over when ${name} line is cut, and tells it on both sides`, () => {
      const [first, second] = pair();
      const before = [first.transitions, second.transitions];
      cut.add(segment);
      clock.advance(LONG_MS);
      for (const host of [first, second])
        assert.ok(host.lines.includes(`eth${segment} silent`), host.lines.join());
      clock.advance(10_000);
      assert.deepEqual(states(first, second), ['active', 'backup']);
      assert.deepEqual([first.transitions, second.transitions], before);
      cut.clear();
      clock.advance(LONG_MS);
      assert.deepEqual(
        [first.lines, second.lines],
        [
          ['eth1 heard', 'eth0 heard'],
          ['eth1 heard', 'eth0 heard'],
        ],
      );
    });

  it('takes over when all lines are cut and no witness is configured, and yields when one is back', () => {
    const [first, second] = pair();
    cut.add(0).add(1);
    clock.advance(LONG_MS);
    assert.deepEqual(states(first, second), ['active', 'active']);
    cut.delete(1);
    clock.advance(200);
    assert.deepEqual(states(first, second), ['active', 'backup']);
    assert.deepEqual([[...first.held], [...second.held]], [[VIP], []]);
    assert.match(second.role.reason, /10\.0\.0\.1 has priority 150/, 'by its address on the own line');
  });

  it('decides equal priorities alike on both sides, by the addresses on the own line', () => {
    const [first, second] = pair([], { preempt: false });
    for (const host of [first, second]) host.configure(120, [], { preempt: false });
    cut.add(0).add(1);
    clock.advance(LONG_MS);
    assert.deepEqual(states(first, second), ['active', 'active']);
    cut.delete(1);
    clock.advance(200);
    assert.deepEqual(states(first, second), ['backup', 'active']);
  });

  it('takes over when all lines are cut and a witness answers', () => {
    const [, second] = pair([ROUTER]);
    cut.add(0).add(1);
    clock.advance(LONG_MS);
    assert.equal(second.role.state, 'active');
    assert.match(second.role.reason, /a witness answers/);
  });

  it('stays backup when all lines are cut and no witness answers, says so, and goes on asking', () => {
    const [, second] = pair([ROUTER]);
    witnessAnswers = false;
    cut.add(0).add(1);
    clock.advance(LONG_MS);
    assert.equal(second.role.state, 'backup');
    assert.match(second.role.reason, /no witness answers/);
    clock.advance(60_000);
    assert.equal(second.role.state, 'backup');
    witnessAnswers = true;
    clock.advance(102);
    assert.equal(second.role.state, 'backup', 'the other one may be back, too');
    clock.advance(300);
    assert.equal(second.role.state, 'active');
  });

  it('forgets that it waits for a witness when the other one is heard again', () => {
    const [first, second] = pair([ROUTER]);
    witnessAnswers = false;
    cut.add(0).add(1);
    clock.advance(LONG_MS);
    cut.clear();
    clock.advance(101);
    witnessAnswers = true;
    clock.advance(10_000);
    assert.deepEqual(states(first, second), ['active', 'backup']);
    assert.doesNotMatch(second.role.reason, /witness/);
  });

  it('needs no witness to preempt while all lines are heard, nor when the other one leaves', async () => {
    const [first, second] = pair([ROUTER]);
    witnessAnswers = false;
    second.configure(200, [ROUTER]);
    clock.advance(LONG_MS);
    assert.deepEqual(states(first, second), ['backup', 'active']);
    await second.process.stop();
    clock.advance(100);
    assert.equal(first.role.state, 'active');
    assert.match(first.role.reason, /has left/);
    assert.deepEqual(first.lines, ['eth1 silent', 'eth0 unknown']);
  });

  it('takes over at once from one that leaves, though the own line is cut', async () => {
    const [first, second] = pair();
    cut.add(0);
    clock.advance(LONG_MS);
    const leaving = first.process.stop();
    clock.advance(99);
    await leaving;
    assert.equal(second.role.state, 'active');
  });

  for (const [what, wake] of [
    ['a reload', (host: Host) => host.configure(151, [])],
    [
      'an order',
      (host: Host) => host.process.hear({ kind: 'order', id: 1, verb: 'release', instance: 'vi' }),
    ],
    ['a heartbeat', (host: Host) => host.process.hear({ kind: 'heartbeat', programmed: true, tracks: [] })],
    ['the end', (host: Host) => void host.process.stop()],
  ] as const)
    it(`does not say that it is active when it is ${what} that wakes it late`, () => {
      const [first, second] = pair();
      second.runs = false;
      clock.stall(10_000);
      log.length = 0;
      wake(first);
      clock.advance(0);
      assert.deepEqual([...first.held], []);
      assert.deepEqual(
        log.filter((line) => /^10\.\d\.0\.1 (advertisement|hello \d+ 2)/.test(line)),
        [],
      );
    });

  it('says by no line that it is active when it is woken late, before its addresses are gone', () => {
    const [first, second] = pair();
    second.runs = false;
    log.length = 0;
    clock.stall(10_000);
    const held = first.held;
    assert.deepEqual([...held], [VIP]);
    clock.advance(0);
    assert.deepEqual([...held], []);
    assert.deepEqual(
      log.filter((line) => /^10\.\d\.0\.1 (advertisement|hello 150 2)/.test(line)),
      [],
    );
  });
});
