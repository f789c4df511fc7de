/** What every scheduler promises, whatever its algorithm. Run for each name by scheduler.test.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createScheduler,
  schedulerFlagsOf,
  type Flow,
  type Scheduler,
  type SchedulerName,
  type SchedulerServer,
} from '../../schedulers/index.js';
import { seededRandom, type SeededRandom } from '../support/random.js';

const PICKS = 400;

function makeServers(random: SeededRandom, family: 4 | 6, count: number): SchedulerServer[] {
  return Array.from({ length: count }, (_, index) => ({
    family,
    address: family === 4 ? `10.2.0.${index + 1}` : `2001:db8:2::${(index + 1).toString(16)}`,
    port: 8080,
    weight: random.int(1, 5),
    activeConnections: random.int(0, 4),
    inactiveConnections: random.int(0, 9),
    upperThreshold: 0,
    lowerThreshold: 0,
    overloaded: false,
  }));
}

function randomFlow(random: SeededRandom, family: 4 | 6): Flow {
  const [source, destination] = [random.int(1, 250), random.int(1, 250)];
  return {
    family,
    source: family === 4 ? `192.0.2.${source}` : `2001:db8:1::${source.toString(16)}`,
    sourcePort: random.int(1024, 65535),
    destination: family === 4 ? `198.51.100.${destination}` : `2001:db8:3::${destination.toString(16)}`,
    destinationPort: 80,
    protocol: 'tcp',
  };
}

/** A scheduler with its servers and a stream of flows, all from one seed. */
class Stage {
  readonly random: SeededRandom;
  readonly family: 4 | 6;
  readonly servers: SchedulerServer[];
  readonly scheduler: Scheduler;

  constructor(name: SchedulerName, family: 4 | 6, flags: readonly string[] = []) {
    this.random = seededRandom(7);
    this.family = family;
    this.servers = makeServers(this.random, family, 6);
    this.scheduler = createScheduler(name, { flags });
    for (const server of this.servers) this.scheduler.added(server);
  }

  pick(): SchedulerServer | null {
    return this.scheduler.pick(randomFlow(this.random, this.family), 0);
  }

  picks(count = PICKS): (SchedulerServer | null)[] {
    return Array.from({ length: count }, () => this.pick());
  }

  server(index: number): SchedulerServer {
    const server = this.servers[index];
    assert.ok(server);
    return server;
  }
}

/** Registers the suite for one scheduler. */
export function describeScheduler(name: SchedulerName): void {
  for (const family of [4, 6] as const) {
    describe(`${name} over IPv${family}`, () => {
      it('answers nobody without servers', () => {
        const scheduler = createScheduler(name);
        assert.equal(scheduler.pick(randomFlow(seededRandom(1), family), 0), null);
      });

      it('answers the very objects it was given and changes nothing in them', () => {
        const stage = new Stage(name, family);
        const before = structuredClone(stage.servers);
        for (const server of stage.picks()) assert.ok(server === null || stage.servers.includes(server));
        assert.deepEqual(stage.servers, before);
      });

      it('never picks weight 0', () => {
        const stage = new Stage(name, family, schedulerFlagsOf(name));
        for (const index of [0, 3]) {
          stage.server(index).weight = 0;
          stage.scheduler.edited(stage.server(index));
        }
        for (const server of stage.picks()) assert.notEqual(server?.weight, 0);
        for (const server of stage.servers) {
          server.weight = 0;
          stage.scheduler.edited(server);
        }
        assert.equal(stage.pick(), null);
      });

      it('never sends a new address to an overloaded server', () => {
        const stage = new Stage(name, family, schedulerFlagsOf(name));
        for (const index of [1, 4]) stage.server(index).overloaded = true;
        for (const server of stage.picks()) assert.notEqual(server?.overloaded, true);
        for (const server of stage.servers) server.overloaded = true;
        const fresh = createScheduler(name);
        for (const server of stage.servers) fresh.added(server);
        assert.equal(fresh.pick(randomFlow(stage.random, family), 0), null);
      });

      it('never picks a removed server, and picks it again once it is back', () => {
        const stage = new Stage(name, family);
        stage.picks();
        const [leaving, ...rest] = stage.servers;
        assert.ok(leaving);
        stage.scheduler.removed(leaving);
        assert.equal(stage.picks().includes(leaving), false);
        for (const server of rest) stage.scheduler.removed(server);
        assert.equal(stage.pick(), null);
        leaving.activeConnections = 0;
        stage.scheduler.added(leaving);
        assert.equal(stage.pick(), leaving);
      });

      it('forgives the removal of a server that it does not have', () => {
        const stage = new Stage(name, family);
        const [stranger] = makeServers(stage.random, family, 1);
        assert.ok(stranger);
        stage.scheduler.removed(stranger);
        assert.notEqual(
          stage.picks().find((server) => server !== null),
          undefined,
        );
      });

      it('refuses a server that it has', () => {
        const stage = new Stage(name, family);
        assert.throws(() => stage.scheduler.added(stage.server(0)), { code: 'ERR_SCHEDULER_LIST' });
      });

      it('gives the same answers to the same calls', () => {
        const play = (): number[] => {
          const stage = new Stage(name, family);
          const first = stage.picks(100);
          stage.scheduler.removed(stage.server(2));
          return [...first, ...stage.picks(100)].map((server) =>
            stage.servers.findIndex((other) => other === server),
          );
        };
        assert.deepEqual(play(), play());
      });

      it('takes a list that is there already, newest first', () => {
        const stage = new Stage(name, family);
        const bound = createScheduler(name);
        bound.bind?.([...stage.servers].reverse());
        const answers = new Set(stage.picks().map(() => bound.pick(randomFlow(stage.random, family), 0)));
        assert.notDeepEqual([...answers], [null]);
      });
    });
  }
}
