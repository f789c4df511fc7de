/** Random edits of a configuration, as people make them between two reloads: at every level, and several at a time. */
import type { DirectorSettings, Model } from '../../src/model/director.js';
import type { ActiveCheck } from '../../src/model/health-check.js';
import type { AgentPolicy } from '../../src/model/agent.js';
import type { RealServer } from '../../src/model/real-server.js';
import type { Recovery } from '../../src/model/serving.js';
import type { VirtualService } from '../../src/model/virtual-service.js';
import { model, server, service } from '../support/models.js';
import type { SeededRandom } from '../support/random.js';

/** What the file says of one service, as far as the histories change it. */
interface Written {
  name: string;
  /** Last part of its address, or a firewall mark from 100 on. */
  place: number;
  servers: { id: number; name: string; weight: number; upper: number; backup: boolean }[];
  checks: ('tcp' | 'http' | 'vip')[];
  fall: number;
  password: string | null;
  recovery: Recovery;
  slowStartMs: number | null;
  agent: boolean;
  drainMs: number;
  scheduler: string;
  drift: VirtualService['drift'];
  onFailure: VirtualService['onFailure'];
  quorum: number;
  panic: number;
  plane: VirtualService['plane'];
  sorry: number | null;
}

const PLACES = 8;
const SERVERS = 6;
/** Firewall marks from here on are given to probe services, and by some files to services of their own. */
export const MARKS = 100;

const TIMING = {
  ...{ intervalMs: 2000, fastIntervalMs: 1000, downIntervalMs: 2000 },
  ...{ timeoutMs: 1000, rise: 2, jitter: 0 },
};

export class RandomFile {
  readonly #random: SeededRandom;
  #services: Written[] = [];
  #director: Partial<DirectorSettings> = {};
  #names = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
    for (let left = random.int(1, 6); left > 0; left--) this.#add();
  }

  /** Another file's content, none of whose objects were there before. */
  get model(): Model {
    return structuredClone(
      model(
        this.#services.map((written) => serviceOf(written)),
        this.#director,
      ),
    );
  }

  /** @returns how to take the edits back */
  edit(): () => void {
    const before = structuredClone({ services: this.#services, director: this.#director });
    // Whoever works on one service changes several things of it.
    const focus =
      this.#services.length > 0 && this.#random.chance(0.5) ? this.#random.pick(this.#services) : null;
    for (let left = this.#random.pick([0, 1, 1, 1, 2, 3, 6]); left > 0; left--) this.#change(focus);
    return () => {
      this.#services = before.services;
      this.#director = before.director;
    };
  }

  #change(focus: Written | null): void {
    const random = this.#random;
    const subject = focus ?? (this.#services.length === 0 ? null : random.pick(this.#services));
    const kind = random.int(0, 9);
    if (subject === null || this.#services.length === 0 || kind === 0) this.#add();
    else if (kind === 1) this.#services = this.#services.filter((each) => each !== subject);
    else if (kind === 2) this.#services = shuffled(this.#services, random);
    else if (kind === 3) subject.place = this.#freePlace() ?? subject.place;
    else if (kind === 4) this.#swap(subject, random.pick(this.#services));
    else if (kind === 5) this.#editDirector();
    else this.#editService(subject);
  }

  #add(): void {
    const [random, place] = [this.#random, this.#freePlace()];
    if (place === null) return;
    const written: Written = {
      name: `s${this.#names++}`,
      place,
      servers: [],
      checks: random.pick([[], ['tcp'], ['tcp'], ['vip'], ['tcp', 'http']]),
      fall: 2,
      password: random.pick([null, 'one', 'two']),
      recovery: random.pick(RECOVERIES),
      slowStartMs: random.pick([null, 20_000, 60_000]),
      agent: random.chance(0.5),
      drainMs: random.pick([0, 60_000]),
      ...{ scheduler: 'wlc', drift: 'repair', onFailure: 'remove', quorum: 1, panic: 0, plane: 'kernel' },
      sorry: null,
    };
    for (let left = random.int(0, 4); left > 0; left--) addServer(written, random);
    this.#services.splice(random.int(0, this.#services.length), 0, written);
  }

  #freePlace(): number | null {
    const taken = new Set(this.#services.map(({ place }) => place));
    const places = Array.from({ length: PLACES }, (_, place) => place);
    const marks = Array.from({ length: 3 }, (_, mark) => MARKS + mark);
    const free = [...places, ...marks].filter((place) => !taken.has(place));
    return free.length === 0 ? null : this.#random.pick(free);
  }

  #swap(one: Written, other: Written): void {
    if (this.#random.chance(0.5)) [one.place, other.place] = [other.place, one.place];
    else [one.name, other.name] = [other.name, one.name];
  }

  #editService(written: Written): void {
    const random = this.#random;
    const [first] = written.servers;
    const edits: (() => void)[] = [
      () => (written.name = `s${this.#names++}`),
      () => (written.checks = random.pick([[], ['tcp'], ['http'], ['vip'], ['tcp', 'vip'], ['http', 'tcp']])),
      () => (written.fall = random.int(1, 3)),
      () => (written.password = random.pick([null, 'one', 'two', 'three'])),
      () => (written.recovery = random.pick(RECOVERIES)),
      () => (written.recovery = random.pick(RECOVERIES)),
      () => (written.slowStartMs = random.pick([null, 20_000, 60_000])),
      () => (written.slowStartMs = random.pick([null, 20_000, 60_000])),
      () => (written.agent = !written.agent),
      () => (written.drainMs = random.pick([0, 30_000, 60_000])),
      () => (written.scheduler = random.pick(['wlc', 'rr', 'sh'])),
      () => (written.drift = random.pick(['repair', 'alert', 'ignore'])),
      () => (written.onFailure = random.pick(['remove', 'quiesce'])),
      () => (written.quorum = random.int(1, 3)),
      () => (written.panic = random.pick([0, 0.5])),
      () => (written.plane = random.pick(['kernel', 'proxy'])),
      () => (written.sorry = random.pick([null, 90, 91])),
      () => addServer(written, random),
      () => addServer(written, random),
      () => written.servers.splice(0, 1),
      () => (written.servers = shuffled(written.servers, random)),
      () => first !== undefined && (first.name = `r${random.int(0, 1000)}-${first.id}`),
      () => first !== undefined && (first.weight = random.int(0, 3)),
      () => first !== undefined && (first.upper = random.pick([0, 10])),
      () => first !== undefined && (first.backup = !first.backup),
    ];
    random.pick(edits)();
  }

  #editDirector(): void {
    const random = this.#random;
    const edits: Partial<DirectorSettings>[] = [
      { unmanaged: random.pick(['keep', 'remove']) },
      { drift: random.pick(['repair', 'alert']) },
      { shrinkGuard: random.pick([0, 0.5, 1]) },
      { resyncMs: random.pick([10_000, 30_000]) },
      { probe: { max: random.int(1, 4) } },
      { marks: { base: MARKS + random.pick([0, 1, 50]), size: 1000 } },
      { timeouts: { tcpSec: random.pick([null, 900]), tcpFinSec: null, udpSec: null } },
    ];
    this.#director = { ...this.#director, ...random.pick(edits) };
  }
}

const RECOVERIES: readonly Recovery[] = [
  { kind: 'auto' },
  { kind: 'manual' },
  { kind: 'delayed', delayMs: 20_000 },
  { kind: 'delayed', delayMs: 40_000 },
];

function addServer({ servers }: Written, random: SeededRandom): void {
  const id = random.int(1, SERVERS);
  if (servers.some((each) => each.id === id)) return;
  const name = random.chance(0.5) ? `r${id}` : addressOfServer(id);
  servers.splice(random.int(0, servers.length), 0, {
    ...{ id, name, weight: random.pick([0, 1, 1, 2]), upper: 0, backup: random.chance(0.2) },
  });
}

function addressOfServer(id: number): string {
  return `10.0.0.${id}:80`;
}

function serviceOf(written: Written): VirtualService {
  const { place, checks, slowStartMs, agent, sorry, servers } = written;
  const address = place >= MARKS ? markOf(place) : `192.0.2.${place + 1}:80`;
  const members = servers.map((member): RealServer => {
    const plain = server(addressOfServer(member.id), {
      ...{ name: member.name, weight: member.weight, upperThreshold: member.upper },
    });
    return member.backup ? { ...plain, backup: true } : plain;
  });
  const ordered = [...members.filter((each) => !each.backup), ...members.filter((each) => each.backup)];
  const plain = service(written.name, address, ordered, {
    recovery: written.recovery,
    drain: { timeoutMs: written.drainMs, templates: 'keep' },
    drift: written.drift,
    onFailure: written.onFailure,
    quorum: written.quorum,
    panicThreshold: written.panic,
    plane: written.plane,
    backupPool: ordered.some((each) => each.backup) ? 'standby' : null,
    sorryServer: sorry === null ? null : server(`10.0.9.${sorry}:80`),
    settings: { scheduler: written.scheduler },
    ...(slowStartMs === null ? {} : { slowStartMs }),
    ...(agent ? { agent: AGENT } : {}),
  });
  return {
    ...plain,
    checks: checks.map((kind) => checkOf(kind, written, plain)),
    requiredChecks: Math.max(1, checks.length),
  };
}

function markOf(mark: number): VirtualService['address'] {
  return { kind: 'fwmark', family: 4, mark, protocol: 'tcp' };
}

const AGENT = {
  question: { type: 'agent', timing: { ...TIMING, fall: 2 }, port: 3333, send: null },
  ...{ min: 0, max: 1, allow: ['weight', 'down'], smoothing: 0, step: 1 },
} satisfies AgentPolicy;

/** As far as the controller looks at it; secrets are in it. */
function checkOf(
  kind: Written['checks'][number],
  { fall, password, place }: Written,
  { key }: VirtualService,
) {
  const vip = kind === 'vip' ? { vip: { service: key, address: `192.0.2.${place + 1}`, port: 80 } } : {};
  const type = kind === 'vip' ? 'tcp' : kind;
  return {
    type,
    timing: { ...TIMING, fall },
    port: null,
    send: null,
    password,
    ...vip,
  } as unknown as ActiveCheck;
}

export function shuffled<T>(list: readonly T[], random: SeededRandom): T[] {
  const places = new Map(list.map((item) => [item, random.next()]));
  return [...list].sort((one, other) => (places.get(one) ?? 0) - (places.get(other) ?? 0));
}
