/** The specification's worked examples, as scripts that run against any subject. */
import { DEFAULT_OPTIONS } from './model.js';
import type { DestinationSettings, ServiceOptions } from './model.js';
import type { Subject, SubjectFactory } from './subject.js';

/**
 * One line does one thing, servers being single letters:
 * `add A 4`, `add A 4 upper lower`, `edit A 4`, `edit A 4 upper lower`, `del A`, `bind A4 B3` (in order of adding),
 * `conn A` (a connection, active), `idle A` (active to inactive), `end A` (an active one ends), `gone A` (an
 * inactive one ends), `picks CBA-` (`-` is none), `from ADDRESS X`, `to ADDRESS X`, `wait SECONDS`.
 */
export interface Vector {
  readonly name: string;
  readonly options: Partial<ServiceOptions>;
  readonly script: readonly string[];
}

const sixAlike = ['add A 1', 'add B 1', 'add C 1'];
const shRows = ['add A 2', 'add B 3', 'add C 1'];

export const VECTORS: readonly Vector[] = [
  {
    name: 'rr walks newest first and survives add and delete',
    options: { algorithm: 'rr' },
    script: [...sixAlike, 'add D 1', 'picks DCBADC', 'add E 1', 'picks BAEDCB', 'del B', 'picks AEDCA'],
  },
  {
    name: 'wrr 4-3-2 added one by one',
    options: { algorithm: 'wrr' },
    script: ['add A 4', 'add B 3', 'add C 2', 'picks CBAABACBACBAABACBA'],
  },
  {
    name: 'wrr 1-2-3',
    options: { algorithm: 'wrr' },
    script: ['add A 1', 'add B 2', 'add C 3', 'picks CBACCBCBACCB'],
  },
  {
    name: 'wrr 10-20-30',
    options: { algorithm: 'wrr' },
    script: ['add A 10', 'add B 20', 'add C 30', 'picks CBACCBCBACCB'],
  },
  {
    name: 'wrr 5-1-1',
    options: { algorithm: 'wrr' },
    script: ['add A 5', 'add B 1', 'add C 1', 'picks CBAAAAACBAAAAA'],
  },
  {
    name: 'wrr with edits down to nothing and back',
    options: { algorithm: 'wrr' },
    script: [
      ...['add A 3', 'add B 1', 'picks BAAAB', 'edit A 1', 'picks BABA', 'edit B 0', 'picks AAA'],
      ...['edit A 0', 'picks --', 'edit B 6', 'picks BBB'],
    ],
  },
  {
    name: 'wrr with overloaded servers',
    options: { algorithm: 'wrr' },
    script: [
      ...['add A 2 1 0', 'add B 4 1 0', 'conn B', 'picks AAAAA', 'conn A', 'picks --'],
      ...['end A', 'end B', 'picks BBABBA'],
    ],
  },
  {
    name: 'wrr starts again after the last server went',
    options: { algorithm: 'wrr' },
    script: ['picks -', 'add A 1', 'del A', 'add A 5', 'add B 0', 'picks AAA'],
  },
  {
    name: 'classic clears the flag of a server that an edit left below its threshold',
    options: { algorithm: 'rr', generation: 'classic' },
    script: [
      ...[
        'add A 1 6 0',
        'conn A',
        'conn A',
        'conn A',
        'conn A',
        'conn A',
        'conn A',
        'picks -',
        'end A',
        'picks -',
      ],
      ...['edit A 1 6 6', 'picks -', 'end A', 'picks A'],
    ],
  },
  {
    name: 'total clears the flag in an edit',
    options: { algorithm: 'rr', generation: 'total' },
    script: [
      'add A 1 2 0',
      'conn A',
      'conn A',
      'picks -',
      'end A',
      'picks A',
      'edit A 1 1 1',
      'picks -',
      'edit A 1 2 2',
      'picks A',
    ],
  },
  {
    name: 'wlc takes the first usable one when all are idle',
    options: { algorithm: 'wlc' },
    script: ['add A 5', 'add B 1', 'picks BB', 'add C 0', 'picks B', 'conn B', 'picks A'],
  },
  {
    name: 'sed takes the highest weight when all are idle',
    options: { algorithm: 'sed' },
    script: ['add A 2', 'add B 3', 'add C 3', 'picks CC', 'conn C', 'picks B'],
  },
  {
    name: 'nq takes an idle server whatever its weight',
    options: { algorithm: 'nq' },
    script: ['add A 9', 'add B 1', 'picks B', 'conn B', 'picks A', 'conn A', 'picks A', 'idle B', 'picks B'],
  },
  {
    name: 'fo takes the highest weight',
    options: { algorithm: 'fo' },
    script: ['add A 3', 'add B 1', 'add C 3', 'picks CC', 'edit C 0', 'picks A', 'del A', 'picks B'],
  },
  {
    name: 'ovf fills a server up to its weight plus one',
    options: { algorithm: 'ovf' },
    script: [
      'add A 1',
      'add B 2',
      'conn B',
      'conn B',
      'picks B',
      'conn B',
      'picks A',
      'conn A',
      'conn A',
      'picks -',
    ],
  },
  {
    name: 'lc ignores the size of a weight',
    options: { algorithm: 'lc' },
    script: ['add A 1', 'add B 9', 'conn B', 'picks A', 'conn A', 'picks B', 'edit B 0', 'picks A'],
  },
  {
    name: 'sh deals weights out as buckets',
    options: { algorithm: 'sh' },
    script: [
      ...[...shRows, 'from 10.0.0.1 B', 'from 10.0.0.2 A', 'from 192.168.1.100 A', 'from 203.0.113.77 B'],
      ...['from 2001:db8::1 B', 'from 2001:DB8:0:0::1 B'],
    ],
  },
  {
    name: 'sh falls back twice the bucket further',
    options: { algorithm: 'sh', flags: ['sh-fallback'] },
    script: ['add A 2', 'add B 3 1 0', 'add C 1', 'conn B', 'from 10.0.0.1 C', 'from 10.0.0.2 A'],
  },
  {
    name: 'sh without fallback gives none',
    options: { algorithm: 'sh' },
    script: ['add A 2', 'add B 3 1 0', 'add C 1', 'conn B', 'from 10.0.0.1 -'],
  },
  {
    name: 'mh spreads three equal servers',
    options: { algorithm: 'mh' },
    script: [
      ...[...sixAlike, 'from 10.0.0.1 A', 'from 192.168.1.100 B', 'from 203.0.113.77 A'],
      'from 2001:db8::1 A',
    ],
  },
  {
    name: 'mh keeps its table when a weight drops to 0',
    options: { algorithm: 'mh' },
    script: [
      ...sixAlike,
      'edit B 0',
      'from 10.0.0.1 A',
      'from 192.168.1.100 -',
      'edit B 1',
      'from 192.168.1.100 B',
    ],
  },
  {
    name: 'lblc keeps a destination address on its server until it is busy',
    options: { algorithm: 'lblc' },
    script: [
      ...[
        'add A 2',
        'add B 2',
        'to 10.9.0.1 B',
        'conn B',
        'to 10.9.0.1 B',
        'to 10.9.0.2 A',
        'conn B',
        'conn B',
      ],
      ...['to 10.9.0.1 A', 'del A', 'to 10.9.0.1 B'],
    ],
  },
  {
    name: 'lblcr lets a set grow when busy',
    options: { algorithm: 'lblcr' },
    script: [
      ...[
        'add A 2',
        'add B 2',
        'to 10.9.0.1 B',
        'conn B',
        'conn B',
        'to 10.9.0.1 B',
        'conn B',
        'to 10.9.0.1 A',
      ],
      ...['to 10.9.0.2 A', 'conn A', 'conn A', 'conn A', 'conn A', 'to 10.9.0.1 B'],
    ],
  },
  {
    name: 'lblcr takes nobody out of a set without weight',
    options: { algorithm: 'lblcr', expirationMs: 1000 },
    script: [
      ...['add A 1', 'add B 1', 'to 10.9.0.1 B', 'conn B', 'conn B', 'to 10.9.0.1 A', 'edit A 0', 'edit B 0'],
      ...['wait 2', 'to 10.9.0.1 -', 'edit A 10', 'edit B 10', 'conn A', 'conn A', 'conn A', 'to 10.9.0.1 B'],
    ],
  },
  {
    name: 'dh gives none when its bucket is quiesced',
    options: { algorithm: 'dh' },
    script: [
      'add A 1',
      'add B 1',
      'to 10.0.0.1 A',
      'to 10.0.0.2 A',
      'to 192.168.1.101 A',
      'edit A 0',
      'to 10.0.0.1 -',
    ],
  },
  {
    name: 'binding wrr to a populated service starts at the highest weight',
    options: { algorithm: 'wrr' },
    script: ['bind A4 B3 C2', 'picks ABACBACBAABA'],
  },
];

/** Runs a vector and says what differs, in order; empty is right. */
export function runVector<Server>(vector: Vector, createSubject: SubjectFactory<Server>): string[] {
  const subject = createSubject({ ...DEFAULT_OPTIONS, ...vector.options });
  const runner = new VectorRunner(subject);
  for (const line of vector.script) runner.line(line);
  return runner.differences;
}

class VectorRunner<Server> {
  readonly #subject: Subject<Server>;
  readonly #servers = new Map<string, Server>();
  #nowMs = 0;
  readonly differences: string[] = [];

  constructor(subject: Subject<Server>) {
    this.#subject = subject;
  }

  line(line: string): void {
    const [verb = '', ...words] = line.split(' ');
    const [name = ''] = words;
    switch (verb) {
      case 'add':
        this.#subject.add(this.#server(name), settings(words));
        break;
      case 'edit':
        this.#subject.edit(this.#server(name), settings(words));
        break;
      case 'del':
        this.#subject.remove(this.#server(name));
        break;
      case 'bind':
        this.#bind(words);
        break;
      case 'picks':
        for (const expected of name) this.#expect(line, expected, {});
        break;
      case 'from':
        this.#expect(line, words.at(-1)!, { source: name });
        break;
      case 'to':
        this.#expect(line, words.at(-1)!, { destination: name });
        break;
      case 'wait':
        this.#nowMs += Number(name) * 1000;
        break;
      default:
        this.#connection(verb, this.#server(name));
    }
  }

  #connection(verb: string, server: Server): void {
    switch (verb) {
      case 'conn':
        this.#subject.connectionBound(server);
        this.#subject.connectionActive(server);
        break;
      case 'idle':
        this.#subject.connectionInactive(server);
        break;
      case 'end':
        this.#subject.connectionUnbound(server, true);
        break;
      case 'gone':
        this.#subject.connectionUnbound(server, false);
        break;
      default:
        throw new Error(`read vector: unknown verb ${verb}`);
    }
  }

  #bind(words: readonly string[]): void {
    this.#subject.bind(
      words.map((word) => ({
        server: this.#server(word.slice(0, 1)),
        settings: { weight: Number(word.slice(1)), upper: 0, lower: 0 },
        lastWeight: Number(word.slice(1)),
      })),
    );
  }

  #expect(line: string, expected: string, flow: { source?: string; destination?: string }): void {
    const family = (flow.source ?? flow.destination ?? '').includes(':') ? 6 : 4;
    const chosen = this.#subject.pick(
      {
        family,
        source: '10.0.0.9',
        sourcePort: 40_000,
        destination: '10.0.0.1',
        destinationPort: 80,
        protocol: 'tcp',
        ...flow,
      },
      this.#nowMs,
    );
    const name = chosen === null ? '-' : this.#nameOf(chosen);
    if (name !== expected) this.differences.push(`${line}: chose ${name}, expected ${expected}`);
  }

  /** Server A is 10.1.0.1:80, B 10.1.0.2:80 and so on, as in the specification's mh example. */
  #server(name: string): Server {
    let server = this.#servers.get(name);
    if (server === undefined) {
      server = this.#subject.create(4, `10.1.0.${name.charCodeAt(0) - 64}`, 80);
      this.#servers.set(name, server);
    }
    return server;
  }

  #nameOf(server: Server): string {
    for (const [name, candidate] of this.#servers) if (candidate === server) return name;
    return '?';
  }
}

function settings(words: readonly string[]): DestinationSettings {
  const [, weight = '1', upper = '0', lower = '0'] = words;
  return { weight: Number(weight), upper: Number(upper), lower: Number(lower) };
}
