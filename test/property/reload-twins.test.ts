/**
 * Long random histories of two directors that are told the same: one gets the services that a file did not change as the very
 * same objects, as a reload does, the other gets new ones each time, and so looks at everything. Steps fail, tables cannot be
 * read, others change them, and several reloads come before the first is applied. Whatever happens, both do the same; and when
 * all has settled the table is that of a director which starts with the last file and nothing in its table.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf } from '../../src/config/digest.js';
import type { ModelResult } from '../../src/controller/reconciler-options.js';
import type { Step } from '../../src/dataplane/types.js';
import type { Model } from '../../src/model/director.js';
import { keepUnchanged } from '../../src/model/keep-unchanged.js';
import type { ServiceKey } from '../../src/model/keys.js';
import type { VirtualService } from '../../src/model/virtual-service.js';
import { controllerRig, type ControllerRig } from '../support/controller.js';
import { settle } from '../support/fake-clock.js';
import { server, tableService, verdict } from '../support/models.js';
import { seededRandom, type SeededRandom } from '../support/random.js';
import { RandomFile } from './random-files.js';

const HISTORIES = 15;
const ROUNDS = 20;
const RESYNC_MS = 31_000;
/** Longer than drains, delays and slow starts. */
const LONG_MS = 120_000;
const START = Number(process.env['LVSD_TEST_SEED'] ?? 1);

class Twins {
  readonly #random: SeededRandom;
  readonly #file: RandomFile;
  /** The first one goes by what differs. */
  readonly #rigs: readonly [ControllerRig, ControllerRig];
  #running: { model: Model; fingerprints: readonly string[] };
  #failing = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#file = new RandomFile(this.#random);
    const { model } = this.#file;
    this.#running = { model, fingerprints: digestOf(model).fingerprints };
    const probes = { markOf };
    this.#rigs = [
      controllerRig(model, 'fake', { probes }),
      controllerRig(structuredClone(model), 'fake', { probes }),
    ];
    for (const { plane } of this.#rigs) plane.failStep = (step) => this.#fault(step);
  }

  async start(): Promise<void> {
    for (const { reconciler } of this.#rigs) await reconciler.start();
  }

  async live(): Promise<void> {
    const random = this.#random;
    const actions = [
      () => this.#reload(),
      () => this.#reload(),
      () => this.#reloads(),
      () => this.#verdict(),
      () => this.#order(),
      () => this.#foreign(),
      () => this.#pass(random.pick([1000, 5000, 40_000])),
      () => Promise.resolve(void (this.#failing = random.pick([0, 0, 1, 2, 3]))),
      () => this.#unreadable(),
    ];
    await random.pick(actions)();
    await settle();
  }

  /** Same table, same words about the same servers. */
  async agree(): Promise<void> {
    const [one, other] = this.#rigs;
    assert.deepEqual(tableOf(one), tableOf(other));
    assert.deepEqual(one.reconciler.states.verdicts, other.reconciler.states.verdicts);
    assert.deepEqual(one.reconciler.states.overrides, other.reconciler.states.overrides);
    assert.deepEqual(one.reconciler.states.drains, other.reconciler.states.drains);
    assert.deepEqual(decisionsOf(one), decisionsOf(other));
    assert.deepEqual(one.reconciler.serving.holds, other.reconciler.serving.holds);
    assert.deepEqual(one.reconciler.owned, other.reconciler.owned);
    const [here, there] = [await one.reconciler.status(), await other.reconciler.status()];
    assert.deepEqual(here.services, there.services);
    assert.deepEqual([...here.ready.reasons].sort(), [...there.ready.reasons].sort());
  }

  /** Everything works again, and enough time passes. */
  async end(): Promise<void> {
    this.#failing = 0;
    for (const { plane } of this.#rigs) plane.failObserve = null;
    const { services } = this.#running.model;
    const repaired = services.map((service): VirtualService => ({ ...service, drift: 'repair' }));
    await this.#take({ ...this.#running.model, services: repaired }, true);
    await this.#pass(LONG_MS);
    await this.agree();
    const [one] = this.#rigs;
    const { states, serving, loads } = one.reconciler;
    const { verdicts, overrides, drains, maintenance } = states;
    const fresh = controllerRig(structuredClone(this.#running.model), 'fake', {
      states: { verdicts, overrides, drains, maintenance },
      ...{ serving, loads, probes: { markOf } },
    });
    await fresh.reconciler.start();
    await fresh.clock.advanceAsync(LONG_MS);
    const mine = new Set(one.reconciler.services.map(({ key }) => key));
    const listed = (rig: ControllerRig) => new Map([...tableOf(rig)].filter(([key]) => mine.has(key)));
    assert.deepEqual(listed(one), listed(fresh));
    for (const rig of [...this.#rigs, fresh]) await rig.reconciler.close();
  }

  async #reload(): Promise<void> {
    const undo = this.#file.edit();
    const done = await this.#take(this.#file.model, this.#random.chance(0.6));
    if (done === null) undo();
    else assert.deepEqual(stepsOf(done[0]), stepsOf(done[1]));
  }

  /** The first one of them is not applied yet when the others come: which of them a step is due to is chance. */
  async #reloads(): Promise<void> {
    // What fails meanwhile is tried again when its time has come, or by chance with the next round.
    this.#failing = 0;
    const release = this.#rigs.map(({ plane }) => plane.hold());
    const done: Promise<unknown>[] = [];
    for (let left = this.#random.int(2, 4); left > 0; left--) {
      this.#file.edit();
      done.push(this.#take(this.#file.model, true));
      if (this.#random.chance(0.5)) await this.#verdict();
      if (this.#random.chance(0.5)) await settle();
    }
    for (const go of release) go();
    await Promise.all(done);
  }

  /** @returns what both did; null when both refused it */
  async #take(model: Model, force: boolean): Promise<readonly [ModelResult, ModelResult] | null> {
    const { fingerprints } = digestOf(model);
    const { model: before } = this.#running;
    const kept = keepUnchanged(
      { services: before.services, fingerprints: this.#running.fingerprints },
      model,
      fingerprints,
    );
    const [one, other] = [this.#offer(0, kept, force), this.#offer(1, structuredClone(model), force)];
    if (typeof one === 'string' || typeof other === 'string') {
      assert.equal(one, other);
      return null;
    }
    this.#running = { model: kept, fingerprints };
    return Promise.all([one, other]);
  }

  /** @returns what speaks against it, or what comes of it */
  #offer(at: 0 | 1, model: Model, force: boolean): string | Promise<ModelResult> {
    const { reconciler } = this.#rigs[at];
    const objection = force ? null : reconciler.objection(model);
    return objection ?? reconciler.setModel(model, { cause: null, force });
  }

  #subject(): { service: VirtualService; server: VirtualService['servers'][number] } | null {
    const services = this.#running.model.services.filter(({ servers }) => servers.length > 0);
    if (services.length === 0) return null;
    const service = this.#random.pick(services);
    return { service, server: this.#random.pick(service.servers) };
  }

  #verdict(): Promise<void> {
    const subject = this.#subject();
    if (subject === null || subject.service.checks.length === 0) return Promise.resolve();
    const state = this.#random.pick(['up', 'down', 'down'] as const);
    for (const { reconciler } of this.#rigs)
      reconciler.setVerdict(subject.service.key, subject.server.key, verdict(state));
    return Promise.resolve();
  }

  async #order(): Promise<void> {
    const subject = this.#subject();
    if (subject === null) return;
    const [service, server] = [subject.service.key, subject.server.key];
    const kind = this.#random.int(0, 4);
    const weight = this.#random.pick([null, 0, 3]);
    for (const { reconciler } of this.#rigs) {
      const { drains } = reconciler;
      if (kind === 0) await reconciler.setWeight(service, server, weight, 'anna');
      else if (kind === 1) await drains.drain(service, server, { by: 'anna' });
      else if (kind === 2) await drains.undrain(service, server, 'anna');
      else if (kind === 3) await drains.beginMaintenance(service, server, { by: 'anna', reason: 'disk' });
      else await drains.endMaintenance(service, server, 'anna');
    }
  }

  /** Somebody else changes the table, or clients come. Before a resync only who happens to look there would see it. */
  async #foreign(): Promise<void> {
    const subject = this.#subject();
    const kind = this.#random.int(0, 3);
    const place = this.#random.int(1, 9);
    const connections = this.#random.int(0, 3);
    for (const { plane } of this.#rigs) {
      if (kind === 0) plane.externalService(tableService('stranger', `192.0.2.${place}:80`));
      else if (subject === null || !plane.table.has(subject.service.key)) continue;
      else if (kind === 1) plane.externalDelete(subject.service.key, subject.server.key);
      else if (kind === 2) {
        const { key, name, address, forwarding } = server(`10.0.5.${place}:80`);
        plane.externalServer(subject.service.key, {
          ...{ key, name, address, port: 80, family: 4, weight: 1, forwarding, tunnel: null },
          ...{ upperThreshold: 0, lowerThreshold: 0 },
        });
      } else if (plane.server(subject.service.key, subject.server.key) !== undefined)
        plane.carry(subject.service.key, subject.server.key, connections);
    }
    await this.#pass(RESYNC_MS);
  }

  async #unreadable(): Promise<void> {
    for (const { plane } of this.#rigs) plane.failObserve = 'EPERM';
    await this.#reload();
    await this.#pass(this.#random.pick([0, 2000, RESYNC_MS]));
    for (const { plane } of this.#rigs) plane.failObserve = null;
  }

  async #pass(ms: number): Promise<void> {
    for (const { clock } of this.#rigs) await clock.advanceAsync(ms);
  }

  /** Alike for both: by what is asked, not by when. */
  #fault({ kind, service: { key } }: Step): string | null {
    if (this.#failing === 0) return null;
    const sum = Buffer.from(`${kind}${key}`).reduce((total, byte) => total + byte, this.#failing);
    return sum % 4 === 0 ? 'EBUSY' : null;
  }
}

/** Marks beyond those that files have. */
function markOf(name: string): number {
  return Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % 1_000_000, 7) + 1000;
}

/** Those of the file's services: of a probe's there is nothing to remember. */
function decisionsOf({ reconciler }: ControllerRig): unknown[] {
  return reconciler.services.map(({ key }) => reconciler.serving.decisions.get(key));
}

function stepsOf(result: ModelResult): string[] {
  return (result.accepted ? result.steps : []).map((step) => JSON.stringify(step)).sort();
}

/** What lvsd makes of it: names are no part of it, nor is what clients do. */
function tableOf({ plane }: ControllerRig): Map<ServiceKey, unknown> {
  return new Map(
    [...plane.table].map(([key, { address, settings, servers }]) => {
      const entries = [...servers].map(([at, { weight, forwarding, upperThreshold }]) => {
        return [at, { weight, forwarding, upperThreshold }] as const;
      });
      return [key, { address, settings, servers: new Map(entries) }];
    }),
  );
}

describe('a director that looks only at what a reload changes', () => {
  it(`does what one does that looks at everything, in ${HISTORIES} histories`, async () => {
    for (let seed = START; seed < START + HISTORIES; seed++) {
      const twins = new Twins(seed);
      let round = 0;
      try {
        await twins.start();
        for (; round < ROUNDS; round++) {
          await twins.live();
          await twins.agree();
        }
        await twins.end();
      } catch (error) {
        const message = `LVSD_TEST_SEED=${seed}, round ${round}: ${(error as Error).message}`;
        throw new Error(message, { cause: error });
      }
    }
  });
});
