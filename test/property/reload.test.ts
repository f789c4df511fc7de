/**
 * Long random histories of reloads. A reload looks only at what differs; after each, everything that is remembered, owned,
 * leaving or to be planned is what a reference says that looks at everything.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf } from '../../src/config/digest.js';
import type { ServerFacts } from '../../src/controller/facts.js';
import { RunningConfig } from '../../src/controller/running-config.js';
import { ServerLoads } from '../../src/controller/server-loads.js';
import { ServingState } from '../../src/controller/serving-state.js';
import type { Model } from '../../src/model/director.js';
import { keepUnchanged } from '../../src/model/keep-unchanged.js';
import type { ServerKey, ServiceKey } from '../../src/model/keys.js';
import { isProbe } from '../../src/model/probe-service.js';
import type { VirtualService } from '../../src/model/virtual-service.js';
import { FakeClock } from '../support/fake-clock.js';
import { verdict } from '../support/models.js';
import { seededRandom, type SeededRandom } from '../support/random.js';
import { MARKS, RandomFile } from './random-files.js';
import { at, FACTS, recoveredOf, ReferenceMemory, type FactKind } from './reload-reference.js';

const HISTORIES = 40;
const RELOADS = 25;
const START = Number(process.env['LVSD_TEST_SEED'] ?? 1);

/** A running configuration and the reference, about which the same things happen. */
class Twins {
  readonly reference = new ReferenceMemory();
  readonly config: RunningConfig;
  readonly file: RandomFile;
  readonly #random: SeededRandom;
  readonly #clock = new FakeClock();
  /** Probe services by the order in which they were first heard of. */
  readonly #given = new Map<string, number>();
  #firstMark = MARKS;
  #running: { model: Model; fingerprints: readonly string[] };

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.file = new RandomFile(this.#random);
    const { model } = this.file;
    this.#running = { model, fingerprints: digestOf(model).fingerprints };
    const [clock, silent] = [this.#clock, () => undefined];
    const serving = new ServingState({ clock, onOver: silent, onChange: silent });
    const loads = new ServerLoads({ clock, onStep: silent, onChange: silent });
    const probes = { markOf: (name: string) => this.#markOf(name) };
    this.config = new RunningConfig(model, 'kernel', serving, loads, { probes });
    this.reference.reload(this.file.model.services, clock.wallMs());
  }

  reload(): void {
    const undo = this.file.edit();
    // Who compares finds an objection in some; then nothing has happened.
    if (this.#random.chance(0.1)) {
      undo();
      return;
    }
    const { model } = this.file;
    const { fingerprints } = digestOf(model);
    const running = { services: this.#running.model.services, fingerprints: this.#running.fingerprints };
    const next = keepUnchanged(running, model, fingerprints);
    this.#running = { model: next, fingerprints };
    const { base } = next.director.marks;
    this.#firstMark = base < MARKS + 100 ? base : MARKS;
    const [probesBefore, keysBefore] = [this.#probes(), this.#probeKeys()];
    const { forgotten, changed } = this.config.replace(next, this.#clock.wallMs());
    const ordered = this.#orders();
    const expected = this.reference.reload(this.file.model.services, this.#clock.wallMs());
    assert.equal(forgotten || this.#orders() === ordered, true, 'an order was forgotten, and nobody told');
    for (const key of differences(probesBefore, this.#probes())) expected.add(key);
    for (const key of expected) assert.equal(changed.has(key as ServiceKey), true, `${key} has changed`);
    const ofProbes = new Set([...keysBefore, ...this.#probeKeys()]);
    const others = [...changed].filter((key) => !expected.has(key) && !ofProbes.has(key));
    assert.deepEqual(others, [], 'services that have not changed');
  }

  /** Checks, agents, operators and rounds do something. */
  live(): void {
    const random = this.#random;
    this.#clock.advance(random.pick([0, 1000, 10_000, 25_000]));
    for (let left = random.int(0, 10); left > 0; left--) {
      const services = [...this.config.listed.values()].filter(({ servers }) => servers.length > 0);
      if (services.length === 0) return;
      const service = random.pick(services);
      this.#happen(random.pick(FACTS), service, random.pick(service.servers).key);
    }
    for (const key of this.config.ownership.services.keys())
      if (!this.config.services.has(key) && random.chance(0.5)) {
        this.config.ownership.disown(key);
        this.reference.disown(key);
      }
  }

  agree(): void {
    const { config, reference } = this;
    assert.deepEqual(config.model.services, reference.services);
    assert.deepEqual([...config.listed.values()], reference.services);
    const listed = [...config.services.values()].filter((service) => !isProbe(service));
    assert.deepEqual(listed, reference.services);
    for (const kind of FACTS) assert.deepEqual(this.#known(kind), this.#expected(kind), kind);
    assert.deepEqual(
      new Set([...config.serving.decisions.keys()].filter((key) => !this.#isProbe(key))),
      new Set(reference.decisions.keys()),
    );
    const { ownership } = config;
    assert.deepEqual(
      new Map([...ownership.services].filter(([, name]) => !isProbe({ name }))),
      this.#withoutProbes(reference.owned),
    );
    const lasting = [...ownership.lasting.services].filter(([, name]) => !isProbe({ name }));
    const kept = [...this.#withoutProbes(reference.owned)].filter(([key]) => !reference.passing.has(key));
    assert.deepEqual(new Map(lasting), new Map(kept));
    assert.deepEqual(
      new Map(
        entries(ownership.leaving).map(([place, { sinceMs, deadlineMs }]) => [
          place,
          { sinceMs, deadlineMs },
        ]),
      ),
      reference.leaving,
    );
    this.#agreeOnProbes();
  }

  #agreeOnProbes(): void {
    const wanted = new Map<string, { service: VirtualService; server: VirtualService['servers'][number] }>();
    for (const service of this.reference.services)
      if (service.plane === 'kernel' && service.checks.some((check) => 'vip' in check))
        for (const server of service.servers)
          wanted.set(`probe ${service.name}/${server.key}`, { service, server });
    const { probes, director } = this.config;
    assert.equal(probes.services.length, Math.min(wanted.size, director.probe.max));
    for (const { name, key, servers } of probes.services) {
      const probed = wanted.get(name);
      assert.equal(key, `fwmark:${this.#markOf(name)}`);
      const { backup: _backup, ...plain } = { backup: true, ...probed?.server };
      assert.deepEqual(servers, [{ ...plain, weight: 1, upperThreshold: 0, lowerThreshold: 0 }]);
      const inTable = this.config.services.get(key);
      const winner = this.reference.services.find((service) => service.key === key);
      assert.deepEqual(inTable, winner ?? probes.services.find((each) => each.key === key));
      assert.equal(this.config.ownership.services.get(key), inTable?.name);
    }
  }

  /** As who allocates them would, but that the file may have a service with such a mark: it hides the probe's. */
  #markOf(name: string): number {
    const place = this.#given.get(name) ?? this.#given.size;
    this.#given.set(name, place);
    return this.#firstMark + place;
  }

  #happen(kind: FactKind, service: VirtualService, server: ServerKey): void {
    const { config, reference } = this;
    const { key } = service;
    const wallMs = this.#clock.wallMs();
    const put = (fact: unknown): void => reference.set(kind, key, server, fact);
    switch (kind) {
      case 'verdicts': {
        const fact = verdict(this.#random.pick(['up', 'down', 'down', 'unknown']));
        config.states.setVerdict(key, server, fact);
        put(fact);
        break;
      }
      case 'overrides': {
        const fact = { weight: this.#random.int(0, 9), by: 'anna' };
        config.states.setWeight(key, server, fact);
        put(fact);
        break;
      }
      case 'drains': {
        const deadlineMs = wallMs + 1000;
        const end = this.#random.chance(0.3)
          ? ({ cause: 'idle', atMs: wallMs, connectionsCut: 0 } as const)
          : null;
        const fact = { by: 'anna', sinceMs: wallMs, deadlineMs, purpose: 'drain', end } as const;
        config.states.setDrain(key, server, fact);
        put(fact);
        break;
      }
      case 'maintenance': {
        const fact = { by: 'anna', sinceMs: wallMs, reason: `at ${wallMs}` };
        config.states.setMaintenance(key, server, fact);
        put(fact);
        break;
      }
      case 'agents': {
        if (service.agent === undefined) return;
        const share = this.#random.next();
        const fact = {
          state: 'answers',
          share,
          wish: null,
          wishedMs: 0,
          reason: '',
          heardMs: wallMs,
        } as const;
        config.loads.setAgent(key, server, fact);
        put(fact);
        break;
      }
      case 'begins': {
        this.#begin(service, server);
        break;
      }
      case 'holds': {
        this.#hold(service, server);
        break;
      }
    }
  }

  #begin({ key, slowStartMs }: VirtualService, server: ServerKey): void {
    if (slowStartMs === undefined || this.config.loads.begins.get(key)?.has(server) === true) return;
    const decision = { server, name: server, weight: 1, slowStart: 0 };
    this.config.loads.slowStarts.decided({ key, decisions: [decision as never] });
    this.reference.set('begins', key, server, this.#clock.wallMs());
    this.config.serving.decided(key, { tier: 'backup', quorate: true, panic: [], out: [] });
    this.reference.decisions.set(key, 'decided');
  }

  #hold(service: VirtualService, server: ServerKey): void {
    const { key, recovery } = service;
    if (recovery.kind === 'auto') return;
    const held = this.config.serving.holds.get(key)?.get(server);
    const wallMs = this.#clock.wallMs();
    if (held?.recoveredMs !== null) {
      this.config.serving.counted(service, server, 'up', 'down');
      this.reference.set('holds', key, server, { recoveredMs: null });
    } else {
      this.config.serving.counted(service, server, 'down', 'up');
      this.reference.set('holds', key, server, { recoveredMs: wallMs });
    }
  }

  #known(kind: FactKind): Map<string, unknown> {
    const { states, serving, loads } = this.config;
    switch (kind) {
      case 'holds':
        return new Map(
          entries(serving.holds).map(([place, { recoveredMs, untilMs }]) => [
            place,
            { recoveredMs, untilMs },
          ]),
        );
      case 'agents':
        return new Map(entries(loads.agents));
      case 'begins':
        return new Map(entries(loads.begins).map(([place, { beganMs }]) => [place, beganMs]));
      default:
        return new Map<string, unknown>(entries<unknown>(states[kind]));
    }
  }

  #expected(kind: FactKind): Map<string, unknown> {
    const facts = this.reference.facts.get(kind) ?? new Map<string, unknown>();
    if (kind !== 'holds') return facts;
    return new Map(
      [...facts].map(([place, fact]) => {
        const recovery = this.config.services.get(place.split(' ')[0] as ServiceKey)?.recovery;
        const recoveredMs = recoveredOf(fact);
        const untilMs =
          recoveredMs === null || recovery?.kind !== 'delayed' ? null : recoveredMs + recovery.delayMs;
        return [place, { recoveredMs, untilMs }];
      }),
    );
  }

  #orders(): number {
    const { overrides, drains } = this.config.states;
    return entries(overrides).length + entries<unknown>(drains).length;
  }

  #probes(): ReadonlyMap<string, string> {
    const probes = [...this.config.services.values()].filter((service) => isProbe(service));
    return new Map(probes.map((service) => [service.key, JSON.stringify(service)]));
  }

  /** Those that a service of the file hides, too. */
  #probeKeys(): readonly ServiceKey[] {
    return this.config.probes.services.map(({ key }) => key);
  }

  #isProbe(key: string): boolean {
    const name = this.config.ownership.services.get(key as ServiceKey);
    return name !== undefined && isProbe({ name });
  }

  /** A service of the file gave its mark to a probe's. */
  #withoutProbes(names: ReadonlyMap<string, string>): Map<string, string> {
    return new Map([...names].filter(([key]) => !this.#isProbe(key)));
  }
}

function entries<Fact>(facts: ServerFacts<Fact>): [string, Fact][] {
  return [...facts].flatMap(([service, servers]) =>
    [...servers].map(([server, fact]): [string, Fact] => [at(service, server), fact]),
  );
}

/** Keys that have another text. */
function differences(
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): readonly string[] {
  return [...new Set([...one.keys(), ...other.keys()])].filter((key) => one.get(key) !== other.get(key));
}

describe('reloads that look only at what differs', () => {
  it(`leave what looking at everything would, in ${HISTORIES} histories of ${RELOADS} reloads`, () => {
    for (let seed = START; seed < START + HISTORIES; seed++) {
      const twins = new Twins(seed);
      for (let round = 0; round < RELOADS; round++)
        try {
          twins.live();
          twins.reload();
          twins.agree();
        } catch (error) {
          throw new Error(`LVSD_TEST_SEED=${seed}, reload ${round}: ${(error as Error).message}`, {
            cause: error,
          });
        }
    }
  });
});
