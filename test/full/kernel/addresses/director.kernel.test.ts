/** The controller with real interfaces; the table of services is a fake. */
import assert from 'node:assert/strict';
import { after, afterEach, describe, it } from 'node:test';
import { realClock } from '../../../../src/base/clock.js';
import { EventLog } from '../../../../src/controller/event-log.js';
import { NOTHING_OWNED, type OwnedTable } from '../../../../src/controller/ownership.js';
import { Reconciler } from '../../../../src/controller/reconciler.js';
import { NetlinkAddressTable } from '../../../../src/dataplane/addresses/netlink-address-table.js';
import type { VirtualService } from '../../../../src/model/virtual-service.js';
import type { Namespace } from '../../../kernel/lab/namespace.js';
import { FRAME } from '../../../support/controller.js';
import { FakeDataplane } from '../../../support/fake-dataplane.js';
import { model, service } from '../../../support/models.js';
import { until } from '../../../kernel/support/until.js';
import {
  Capture,
  closeSegment,
  macOf,
  neighbourOf,
  onSegment,
  PATIENCE_SEC,
  resolveNeighbour,
  VIP4,
  VIP6,
} from './support.js';

const four = service('four', `${VIP4}:80`, ['10.0.1.11:80'], { interface: 'eth0' });
const six = service('six', `[${VIP6}]:80`, ['10.0.1.11:80'], { interface: 'eth0' });

/** Those that a failed test leaves behind would keep the process alive. */
const running = new Set<Director>();

/** A director that has started. */
class Director {
  readonly events = new EventLog(realClock);
  readonly #host: Namespace;
  readonly #table = new NetlinkAddressTable({
    clock: realClock,
    onProblem: (message) => assert.fail(message),
  });
  readonly #reconciler: Reconciler;

  constructor(host: Namespace, services: readonly VirtualService[], owned: OwnedTable) {
    this.#host = host;
    this.#reconciler = new Reconciler({
      dataplane: new FakeDataplane(),
      addresses: this.#table,
      clock: realClock,
      random: () => 0,
      events: this.events,
      model: model(services),
      owned,
      frame: () => FRAME,
    });
  }

  static async start(
    host: Namespace,
    services: readonly VirtualService[],
    owned: OwnedTable = NOTHING_OWNED,
  ): Promise<Director> {
    const director = new Director(host, services, owned);
    running.add(director);
    await host.during(() => director.#reconciler.start());
    return director;
  }

  /** Sockets stay in the namespace in which they were opened, but the interfaces' settings are read in the thread's. */
  reload(...services: readonly VirtualService[]): Promise<unknown> {
    return this.#host.during(() => this.#reconciler.setModel(model(services), { cause: null, force: true }));
  }

  get owned(): OwnedTable {
    const { services, leaving, addresses } = this.#reconciler.owned;
    return { services: new Map(services), leaving: new Map(leaving), addresses: new Map(addresses) };
  }

  get ready(): boolean {
    return this.#reconciler.readiness().ok;
  }

  /** As `on_stop: keep` and a crash: what is there stays. */
  async stop(): Promise<void> {
    running.delete(this);
    await this.#reconciler.close();
    await this.#table.close();
  }
}

function holds(host: Namespace, address: string, device = 'eth0'): boolean {
  return host.shell(`ip -o addr show dev ${device}`).includes(` ${address}/`);
}

describe('a director with addresses of services', { timeout: 120_000 }, () => {
  after(closeSegment);
  afterEach(async () => {
    for (const director of running) await director.stop();
  });

  it('takes them over from another director, and clients come to it', () =>
    onSegment(async ({ client, first, second }) => {
      first.ip(`address add ${VIP4}/32 dev eth0`, `address add ${VIP6}/128 dev eth0 nodad`);
      const before = [await resolveNeighbour(client, VIP4), await resolveNeighbour(client, VIP6)];
      assert.deepEqual(before, [macOf(first), macOf(first)]);
      const director = await Director.start(second, [four, six]);
      const mac = macOf(second);
      await until(
        'the director has followed',
        PATIENCE_SEC,
        () => neighbourOf(client, VIP4) === mac && neighbourOf(client, VIP6) === mac,
      );
      await director.stop();
    }));

  it('puts back at once what somebody deletes, and says so', () =>
    onSegment(async ({ first }) => {
      const director = await Director.start(first, [four, six]);
      first.ip(`address delete ${VIP4}/32 dev eth0`, `address delete ${VIP6}/128 dev eth0`);
      await until('the director has followed', PATIENCE_SEC, () => holds(first, VIP4) && holds(first, VIP6));
      const drifts = director.events.since(0).events.filter(({ type }) => type === 'drift-found');
      assert.deepEqual(drifts.map((event) => event.service).sort(), ['four', 'six']);
      await director.stop();
    }));

  it('waits for an interface that comes later, and for one that comes back', () =>
    onSegment(async ({ first }) => {
      const late = { ...six, interface: 'd0' };
      const director = await Director.start(first, [four, late]);
      assert.deepEqual([holds(first, VIP4), director.ready], [true, false]);
      first.ip('link add d0 type dummy', 'link set d0 up');
      await until('the director has followed', PATIENCE_SEC, () => holds(first, VIP6, 'd0'));
      await until('the director has followed', PATIENCE_SEC, () => director.ready);
      // with the link the kernel takes the IPv6 address
      for (let time = 0; time < 2; time++) {
        first.ip('link set d0 down', 'link set d0 up');
        await until('the director has followed', PATIENCE_SEC, () => holds(first, VIP6, 'd0'));
      }
      first.ip('link delete d0');
      await until('the director has followed', PATIENCE_SEC, () => !director.ready);
      first.ip('link add d0 type dummy', 'link set d0 up');
      await until(
        'the director has followed',
        PATIENCE_SEC,
        () => holds(first, VIP6, 'd0') && director.ready,
      );
      await director.stop();
    }));

  it('keeps them over a restart without another announcement, and takes with it only what is its own', () =>
    onSegment(async ({ client, first }) => {
      first.ip(`address add ${VIP6}/128 dev eth0 nodad`);
      const before = await Director.start(first, [four, six]);
      await before.stop();
      assert.ok(holds(first, VIP4) && holds(first, VIP6));
      const capture = new Capture(client);
      const director = await Director.start(first, [four, six], before.owned);
      await director.reload({ ...four, interface: null }, six);
      assert.deepEqual([holds(first, VIP4), holds(first, VIP6)], [false, true]);
      await director.reload(four);
      await capture.until(macOf(first), 2);
      assert.deepEqual([holds(first, VIP4), holds(first, VIP6)], [true, true]);
      assert.equal(capture.announcements(macOf(first)).length, 2);
      await director.reload();
      assert.deepEqual([holds(first, VIP4), holds(first, VIP6)], [false, true]);
      await director.stop();
      capture.close();
    }));

  it('moves them to another interface', () =>
    onSegment(async ({ first }) => {
      first.ip('link add d0 type dummy', 'link set d0 up');
      const director = await Director.start(first, [four, six]);
      await director.reload({ ...four, interface: 'd0' }, { ...six, interface: 'd0' });
      assert.deepEqual(
        [holds(first, VIP4), holds(first, VIP6), holds(first, VIP4, 'd0'), holds(first, VIP6, 'd0')],
        [false, false, true, true],
      );
      await director.stop();
    }));
});
