/** Random lives of persistence templates: the tested table against the reference, call by call. */
import type { SchedulerServer } from '../../schedulers/index.js';
import { ReferenceTemplates } from '../support/reference-schedulers/persistence.js';
import type { Template, TemplateOptions } from '../support/reference-schedulers/persistence.js';
import type { Packet } from '../support/reference-schedulers/model.js';
import { seededRandom } from '../support/random.js';
import type { SeededRandom } from '../support/random.js';
import type { SchedulersModule } from './tested-subject.js';

type Table = InstanceType<SchedulersModule['PersistenceTable']>;
type TestedTemplate = NonNullable<ReturnType<Table['acquire']>>;

/** Both sides read the same servers: a table changes none of them. */
interface Target extends SchedulerServer {
  available: boolean;
}

interface Held {
  readonly reference: Template<Target>;
  readonly tested: TestedTemplate;
}

const STEPS = 200;

/** Null when every answer is equal, else what differed and where. */
export function compareTemplates(seed: number, module: SchedulersModule): string | null {
  const comparison = new TemplateComparison(seed, module);
  for (let step = 0; step < STEPS; step++) {
    const difference = comparison.step();
    if (difference === null) continue;
    return `templates differ with seed ${seed} at step ${step}: ${difference}\n${comparison.log.join('\n')}`;
  }
  return null;
}

class TemplateComparison {
  readonly log: string[] = [];
  readonly #random: SeededRandom;
  readonly #options: TemplateOptions;
  readonly #reference: ReferenceTemplates<Target>;
  readonly #table: Table;
  readonly #targets: Target[];
  readonly #held: Held[] = [];
  readonly #marks: readonly number[];
  #nowMs = 0;

  constructor(seed: number, module: SchedulersModule) {
    this.#random = seededRandom(seed);
    this.#options = drawOptions(this.#random);
    this.#marks = [1, this.#options.timeoutMs - 1, this.#options.timeoutMs, 59_999, 60_000, 120_000];
    this.#reference = new ReferenceTemplates(this.#options);
    this.#table = new module.PersistenceTable(testedOptions(this.#options));
    this.#targets = Array.from({ length: this.#random.int(1, 5) }, (_, index) => newTarget(index));
    for (const target of this.#targets) this.#table.serverAdded(target);
    this.log.push(JSON.stringify(this.#options));
  }

  step(): string | null {
    const kind = this.#random.int(1, 20);
    if (kind <= 9) return this.#connect();
    if (kind <= 14) return this.#disconnect();
    if (kind <= 16) return this.#advance();
    if (kind === 17) return this.#countAll();
    return this.#change();
  }

  #connect(): string | null {
    const packet = drawPacket(this.#random, this.#options);
    const choice = this.#random.chance(0.1) ? null : this.#random.pick(this.#targets);
    const calls = { reference: 0, tested: 0 };
    const reference = this.#reference.connect(packet, this.#nowMs, () => {
      calls.reference += 1;
      return choice;
    });
    const tested = this.#table.acquire(packet, this.#nowMs, () => {
      calls.tested += 1;
      return choice;
    });
    this.log.push(`${this.#nowMs} ms: connect ${JSON.stringify(packet)}`);
    if (calls.reference !== calls.tested)
      return `scheduler asked ${calls.tested}, not ${calls.reference} times`;
    if (reference === null || tested === null) {
      return reference === tested ? null : 'one side has a template, the other none';
    }
    this.#held.push({ reference, tested });
    return reference.target === tested.server ? null : `server ${tested.server.address}`;
  }

  #disconnect(): null {
    if (this.#held.length === 0) return null;
    const [held] = this.#held.splice(this.#random.int(0, this.#held.length - 1), 1);
    this.#reference.disconnect(held!.reference, this.#nowMs);
    this.#table.release(held!.tested, this.#nowMs);
    this.log.push(`${this.#nowMs} ms: disconnect from ${held!.reference.key}`);
    return null;
  }

  #advance(): null {
    this.#nowMs += this.#random.chance(0.6) ? this.#random.pick(this.#marks) : this.#random.int(0, 30_000);
    return null;
  }

  #countAll(): string | null {
    this.#reference.advanceTo(this.#nowMs);
    this.#table.expire(this.#nowMs);
    const { size } = this.#reference;
    return this.#table.size === size ? null : `holds ${this.#table.size} templates, not ${size}`;
  }

  #change(): null {
    const target = this.#random.pick(this.#targets);
    if (this.#random.chance(0.5)) {
      target.weight = this.#random.int(0, 1);
    } else {
      target.available = !target.available;
      if (target.available) this.#table.serverAdded(target);
      else this.#table.serverRemoved(target);
    }
    this.log.push(`${target.address}: weight ${target.weight}, available ${target.available}`);
    return null;
  }
}

function drawOptions(random: SeededRandom): TemplateOptions {
  const family = random.chance(0.5) ? 4 : 6;
  return {
    family,
    prefixLength:
      family === 4
        ? random.pick([0, 8, 24, 31, 32])
        : random.pick([1, 31, 32, 33, 48, 63, 64, 65, 96, 127, 128]),
    timeoutMs: random.pick([1000, 60_000, 90_000, 300_000]),
    service: random.pick([{ port: 80 }, { port: 0 }, { port: 21 }, { port: 1 }, { mark: 7 }]),
    expireQuiescent: random.chance(0.5),
  };
}

function testedOptions(
  options: TemplateOptions,
): ConstructorParameters<SchedulersModule['PersistenceTable']>[0] {
  const { service, expireQuiescent, ...rest } = options;
  const kind =
    'mark' in service
      ? { kind: 'fwmark' as const, mark: service.mark }
      : { kind: 'address' as const, port: service.port };
  // False is the default, which then is tested as well.
  return { ...rest, service: kind, ...(expireQuiescent ? { expireQuiescent } : {}) };
}

/** Clients that differ in one bit, all over the address. */
function drawPacket(random: SeededRandom, { family, prefixLength }: TemplateOptions): Packet {
  const bit = random.chance(0.5) ? random.int(0, 127) : (prefixLength + random.int(-2, 1) + 128) % 128;
  return {
    family,
    source: family === 4 ? ipv4WithBit(bit % 33) : ipv6WithBit(bit),
    sourcePort: random.int(1024, 65_535),
    destination: family === 4 ? `10.9.0.${random.int(1, 2)}` : `2001:db8::${random.int(1, 2)}`,
    destinationPort: random.pick([80, 80, 21, 1, 8080]),
    protocol: random.pick(['tcp', 'tcp', 'udp']),
  };
}

function ipv4WithBit(bit: number): string {
  const word = (0x0a000000 ^ (bit === 32 ? 0 : 2 ** bit)) >>> 0;
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255].join('.');
}

function ipv6WithBit(bit: number): string {
  const groups = Array<number>(8).fill(0);
  groups[0] = 0x2001;
  const at = Math.floor((bit % 128) / 16);
  groups[at] = groups[at]! ^ (0x8000 >> (bit % 16));
  return groups.map((group) => group.toString(16)).join(':');
}

function newTarget(index: number): Target {
  return {
    family: 4,
    address: `10.1.0.${index}`,
    port: 80,
    weight: 1,
    activeConnections: 0,
    inactiveConnections: 0,
    upperThreshold: 0,
    lowerThreshold: 0,
    overloaded: index === 1,
    available: true,
  };
}
