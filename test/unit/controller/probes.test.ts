import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import type { OwnedTable } from '../../../src/controller/ownership.js';
import type { ProbePath } from '../../../src/controller/probes.js';
import type { ServiceKey } from '../../../src/model/keys.js';
import { probeName, probeServiceKey } from '../../../src/model/probe-service.js';
import { controllerRig, type ControllerRig } from '../../support/controller.js';
import { settle } from '../../support/fake-clock.js';
import { keyOf, model, serverKeyOf, service } from '../../support/models.js';
import { byVip } from '../../support/probed.js';

const SHOP = keyOf('192.0.2.10:80');
const SERVERS = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'];
const KEYS = SERVERS.map(serverKeyOf);
const shop = byVip('shop', '192.0.2.10:80', SERVERS);
const plain = service('shop', '192.0.2.10:80', SERVERS);

/** Mark 1 for the first server, and so on; of other servers none. */
const marks = {
  markOf: (name: string): number | null => {
    const index = KEYS.findIndex((key) => name === probeName('shop', key));
    return index < 0 ? null : index + 1;
  },
};

const markKeys = [1, 2, 3].map((mark) => probeServiceKey(4, mark));

async function started(max = 256, services = [shop]): Promise<ControllerRig> {
  const rig = controllerRig(model(services, { probe: { max } }), 'fake', { probes: marks });
  await rig.reconciler.start();
  return rig;
}

/** Marks of probe services in the table. */
function inTable({ plane }: ControllerRig): readonly (ServiceKey | string)[] {
  return markKeys.filter((key) => plane.table.has(key));
}

function open(
  { reconciler }: ControllerRig,
  server: number,
  signal = new AbortController().signal,
): Promise<ProbePath> {
  return reconciler.openProbePath(SHOP, KEYS[server]!, signal);
}

function close(path: ProbePath): void {
  assert.ok(path.mark !== null, path.mark === null ? path.reason : '');
  path.close();
}

describe('the services of probes', () => {
  it('come with their service, each with its server alone, and go with the checks that need them', async () => {
    const rig = await started();
    assert.deepEqual(inTable(rig), markKeys);
    const second = rig.plane.table.get(markKeys[1]!);
    assert.deepEqual([...(second?.servers.keys() ?? [])], [KEYS[1]]);
    assert.equal(second?.settings.scheduler, 'rr');
    await rig.reconciler.setModel(model([plain]), { cause: null });
    assert.deepEqual(inTable(rig), []);
    assert.deepEqual([...rig.plane.table.keys()], [SHOP]);
    assert.ok(!rig.reconciler.owned.services.has(markKeys[0]!));
  });

  it("are lvsd's own, and told of nowhere", async () => {
    const rig = controllerRig(model([shop]), 'fake', { probes: marks });
    const { steps } = await rig.reconciler.start();
    assert.deepEqual([...new Set(steps.map((step) => step.service.name))], ['shop']);
    assert.equal(rig.reconciler.owned.services.get(markKeys[0]!), probeName('shop', KEYS[0]!));
    assert.deepEqual([...new Set(rig.story().map(({ service: name }) => name))], ['shop']);
    const status = await rig.reconciler.status();
    assert.deepEqual(
      status.services.map(({ name }) => name),
      ['shop'],
    );
    assert.equal(status.lastPlan?.steps, 4);
    assert.deepEqual(
      status.probes?.map(({ server, mark, inTable: there }) => [server, mark, there]),
      SERVERS.map((server, index) => [server, index + 1, true]),
    );
    assert.deepEqual((await rig.reconciler.preview(model([shop]))).steps, []);
    assert.deepEqual(
      rig.reconciler.services.map(({ name }) => name),
      ['shop'],
    );
  });

  it('are not there where nobody probes', async () => {
    const rig = controllerRig(model([shop]));
    await rig.reconciler.start();
    assert.deepEqual([...rig.plane.table.keys()], [SHOP]);
    assert.equal((await rig.reconciler.status()).probes, undefined);
  });

  it('are put back when somebody else takes them away', async () => {
    const rig = await started();
    const there = rig.plane.table.get(markKeys[0]!)!;
    await rig.plane.apply([{ kind: 'delete-service', phase: 4, service: there, liveConnections: 0 }]);
    assert.deepEqual(inTable(rig), markKeys.slice(1));
    rig.clock.advance(30_000);
    await settle();
    assert.deepEqual(inTable(rig), markKeys);
  });

  it('are told of nowhere when somebody changes them, and when they cannot be made', async () => {
    const rig = await started();
    const told = rig.events.lastSeq;
    const there = rig.plane.table.get(markKeys[0]!)!;
    rig.plane.externalServer(markKeys[1]!, { key: serverKeyOf('10.0.0.9:80'), weight: 1 });
    rig.plane.failStep = (step) => (step.service.key === markKeys[0] ? 'no memory' : null);
    for (let time = 0; time < 8; time++) {
      rig.plane.externalDelete(there.key);
      await rig.clock.advanceAsync(30_000);
    }
    rig.plane.failStep = () => null;
    await rig.clock.advanceAsync(60_000);
    assert.deepEqual(inTable(rig), markKeys, 'what failed is repaired by now');
    assert.deepEqual([...(rig.plane.table.get(markKeys[1]!)?.servers.keys() ?? [])], [KEYS[1]]);
    assert.deepEqual(rig.events.since(told).events, []);
  });

  it('that were there before lvsd came give up whom they had without a word', async () => {
    const before = await started();
    before.plane.externalServer(markKeys[0]!, { key: serverKeyOf('10.0.0.9:80'), weight: 1 });
    await before.reconciler.close();
    const { plane } = before;
    const rig = controllerRig(model([shop]), 'fake', { plane, probes: marks });
    await rig.reconciler.start();
    assert.deepEqual([...new Set(rig.story().map(({ service: name }) => name))], []);
    const path = await open(rig, 0);
    assert.equal(path.mark, null, 'the probe might go to the stranger');
  });

  it('lead to another server when a reload gives the mark to that one', async () => {
    let first = KEYS[0]!;
    const one = { markOf: (name: string) => (name === probeName('shop', first) ? 1 : null) };
    const rig = controllerRig(model([shop]), 'fake', { probes: one });
    await rig.reconciler.start();
    first = serverKeyOf('10.0.0.7:80');
    await rig.reconciler.setModel(model([byVip('shop', '192.0.2.10:80', ['10.0.0.7:80'])]), {
      cause: null,
      force: true,
    });
    assert.deepEqual([...(rig.plane.table.get(markKeys[0]!)?.servers.keys() ?? [])], [first]);
    const path = await rig.reconciler.openProbePath(SHOP, first, new AbortController().signal);
    assert.equal(path.mark, 1);
    close(path);
    assert.deepEqual((await rig.reconciler.preview(model([...rig.reconciler.services]))).steps, []);
  });

  it('that somebody fights over keep the director ready, and their server unknown', async () => {
    const rig = await started();
    const there = rig.plane.table.get(markKeys[0]!)!;
    for (let time = 0; time < 8; time++) {
      await rig.plane.apply([{ kind: 'delete-service', phase: 4, service: there, liveConnections: 0 }]);
      await rig.clock.advanceAsync(30_000);
    }
    assert.deepEqual(inTable(rig), markKeys.slice(1), 'repair has stopped');
    assert.deepEqual(rig.reconciler.readiness(), { ok: true, reasons: [] });
    const path = await open(rig, 0);
    assert.ok(path.mark === null, 'else the probe would go by the service itself, to any server');
    assert.match(path.reason, /^repair stopped/);
  });

  it('stay with their server when the file changes something else', async () => {
    const rig = await started();
    rig.plane.journal.length = 0;
    const other = service('mail', '192.0.2.11:25', ['10.0.0.9:25']);
    await rig.reconciler.setModel(model([shop, other]), { cause: null });
    assert.deepEqual([...new Set(rig.plane.journal.map((step) => step.service.name))], ['mail']);
  });

  it('are all removed at the end, while the others stay, and do not come again', async () => {
    const rig = await started();
    assert.deepEqual((await rig.reconciler.endProbes()).failures, []);
    assert.deepEqual([...rig.plane.table.keys()], [SHOP]);
    await rig.reconciler.setModel(model([{ ...shop }]), { cause: null });
    assert.deepEqual(inTable(rig), []);
    assert.match(JSON.stringify(await open(rig, 0)), /not in the running configuration/);
  });

  it('that an earlier process left are removed at the start, when they are not needed', async () => {
    const before = await started();
    const owned: OwnedTable = before.reconciler.owned;
    await before.reconciler.close();
    const rig = controllerRig(model([plain]), 'fake', { plane: before.plane, owned, probes: marks });
    await rig.reconciler.start();
    assert.deepEqual([...rig.plane.table.keys()], [SHOP]);
    assert.deepEqual([...rig.reconciler.owned.services.keys()], [SHOP]);
  });

  it('that an earlier process left are taken over when they are', async () => {
    const before = await started();
    const { owned } = before.reconciler;
    await before.reconciler.close();
    before.plane.journal.length = 0;
    const rig = controllerRig(model([shop]), 'fake', { plane: before.plane, owned, probes: marks });
    await rig.reconciler.start();
    assert.deepEqual(rig.plane.journal, []);
    assert.deepEqual(inTable(rig), markKeys);
  });
});

describe('the record of what is owned', () => {
  it('has every service that probes may come to need, so that no turn has to write it', async () => {
    const saved: OwnedTable[] = [];
    const saveOwnership = (owned: OwnedTable): Promise<void> => {
      saved.push(owned);
      return Promise.resolve();
    };
    const rig = controllerRig(model([shop], { probe: { max: 1 } }), 'fake', { probes: marks, saveOwnership });
    await rig.reconciler.start();
    assert.equal(saved.length, 1);
    assert.deepEqual([...(saved[0]?.services.keys() ?? [])].sort(), [...markKeys, SHOP].sort());
    for (const server of [1, 2, 0, 2]) close(await open(rig, server));
    assert.deepEqual(inTable(rig), [markKeys[2]]);
    assert.equal(saved.length, 1, 'four turns were taken');
    await rig.reconciler.setModel(model([plain], { probe: { max: 1 } }), { cause: null });
    assert.deepEqual([...(saved.at(-1)?.services.keys() ?? [])], [SHOP]);
  });

  it('lets the next process remove the one whose turn it was', async () => {
    const before = await started(1);
    close(await open(before, 1));
    assert.deepEqual(inTable(before), [markKeys[1]]);
    const { owned } = before.reconciler;
    await before.reconciler.close();
    const rig = controllerRig(model([plain]), 'fake', { plane: before.plane, owned, probes: marks });
    await rig.reconciler.start();
    assert.deepEqual([...rig.plane.table.keys()], [SHOP]);
    assert.deepEqual([...rig.reconciler.owned.services.keys()], [SHOP]);
  });
});

describe('a way through a service', () => {
  it('is open at once while there is room for all', async () => {
    const rig = await started();
    rig.plane.journal.length = 0;
    const path = await open(rig, 1);
    assert.equal(path.mark, 2);
    close(path);
    assert.deepEqual(rig.plane.journal, []);
  });

  it('takes the place of another where there is none, and never are there more', async () => {
    const rig = await started(2);
    assert.deepEqual(inTable(rig), markKeys.slice(0, 2));
    const third = await open(rig, 2);
    assert.equal(third.mark, 3);
    assert.deepEqual(inTable(rig), [markKeys[1], markKeys[2]]);
    close(third);
    const first = await open(rig, 0);
    assert.equal(first.mark, 1);
    assert.deepEqual(inTable(rig), [markKeys[0], markKeys[2]]);
    close(first);
  });

  it('waits for the end of a probe where every place is in use', async () => {
    const rig = await started(1);
    const first = await open(rig, 0);
    const wait = new AbortController();
    const opening = open(rig, 1, wait.signal);
    await settle();
    assert.deepEqual(inTable(rig), [markKeys[0]]);
    close(first);
    const second = await opening;
    assert.equal(second.mark, 2);
    assert.deepEqual(getEventListeners(wait.signal, 'abort'), [], 'later probes have the same signal');
    assert.deepEqual(inTable(rig), [markKeys[1]]);
    close(second);
  });

  it('is given up when the wait is, which says nothing of the server', async () => {
    const rig = await started(1);
    const first = await open(rig, 0);
    const wait = new AbortController();
    const opening = open(rig, 1, wait.signal);
    wait.abort();
    assert.deepEqual(await opening, {
      mark: null,
      reason: 'all probe services are in use (director.probe.max)',
    });
    close(first);
    assert.deepEqual(inTable(rig), [markKeys[0]]);
  });

  it('is shared by checks of one server', async () => {
    const rig = await started(1);
    const [one, other] = [await open(rig, 0), await open(rig, 0)];
    close(one);
    const opening = open(rig, 1);
    await settle();
    assert.deepEqual(inTable(rig), [markKeys[0]], 'the other probe is still under way');
    close(other);
    close(await opening);
  });

  it('is waited for by each of two checks that ask for it at the same time', async () => {
    const rig = await started(1);
    const paths = await Promise.all([open(rig, 1), open(rig, 1)]);
    assert.deepEqual(
      paths.map(({ mark }) => mark),
      [2, 2],
    );
    paths.forEach(close);
  });

  it('is waited for while a reload brings it', async () => {
    const rig = await started(1);
    const reload = rig.reconciler.setModel(model([shop], { probe: { max: 3 } }), { cause: null });
    const path = await open(rig, 2);
    assert.equal(path.mark, 3, JSON.stringify(path));
    close(path);
    await reload;
  });

  it('is none where the table refuses it, for the reason of the table', async () => {
    const rig = await started(1);
    rig.plane.failStep = (step) => (step.service.key === markKeys[1] ? 'no memory' : null);
    const path = await open(rig, 1);
    assert.ok(path.mark === null);
    assert.match(path.reason, /no memory/);
    assert.ok(rig.reconciler.readiness().ok, 'nothing that is served suffers');
  });

  it('is none without a mark', async () => {
    const rig = controllerRig(model([shop]), 'fake', { probes: { markOf: () => null } });
    await rig.reconciler.start();
    assert.match(JSON.stringify(await open(rig, 0)), /no firewall mark is free/);
  });
});
