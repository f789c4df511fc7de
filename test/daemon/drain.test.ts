/** Drains on the userspace plane with real clients: nobody is cut off, the count falls, the server goes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { OrderAnswer } from '../../src/api/drain-protocol.js';
import { plural } from '../../src/base/plural.js';
import { DirectorHome, eventOf, freePort } from '../support/test-director.js';

/** Answers each line with its name, and says how many connections it was given. */
class LineServer {
  readonly name: string;
  accepted = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(name: string) {
    this.name = name;
    this.#server = createServer((socket) => {
      this.accepted++;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write(name));
    });
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

/** A client's connection: asks who is there. */
class Conversation {
  readonly #socket: Socket;
  /** Settles when the other side ends it. */
  readonly ended: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // A reset is an end like another: who waits for the end does not fail by it.
    socket.on('error', () => undefined);
    this.ended = new Promise((resolve) => void socket.on('close', () => resolve()));
  }

  static async begin(port: number): Promise<Conversation> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Conversation(socket);
  }

  async ask(): Promise<string> {
    this.#socket.write('who?\n');
    const answered = new Promise<string>((resolve) =>
      this.#socket.once('data', (data) => resolve(String(data))),
    );
    return Promise.race([answered, this.ended.then(() => 'cut')]);
  }

  async end(): Promise<void> {
    this.#socket.end();
    await this.ended;
  }
}

describe('a drain on the userspace plane', () => {
  let home: DirectorHome;
  let one: LineServer;
  let two: LineServer;
  let port: number;

  /** Writes the file and starts; connections are forgotten a second after they ended. */
  const file = (servers: string, service = ''): Promise<void> =>
    home.write(
      `services:
  - { name: shop, address: "127.0.0.1:${port}", scheduler: rr, check: { type: none }${service}, servers: ${servers} }
`,
      '  timeouts: { tcp_fin: 1s }\n',
    );
  const both = (): string =>
    `[{ name: one, address: "127.0.0.1:${one.port}" }, { name: two, address: "127.0.0.1:${two.port}" }]`;

  beforeEach(async () => {
    home = await DirectorHome.create();
    one = await new LineServer('one').listen();
    two = await new LineServer('two').listen();
    port = await freePort();
  });
  afterEach(async () => {
    await home.close();
    for (const server of [one, two]) server.close();
  });

  it('under load cuts no connection; the count falls to zero, and the server goes', async () => {
    await file(both());
    const daemon = await home.start();
    let talking = true;
    let cut = 0;
    let talks = 0;
    const client = async (): Promise<void> => {
      while (talking) {
        const conversation = await Conversation.begin(port);
        for (let line = 0; line < 6; line++) {
          if ((await conversation.ask()) === 'cut') cut++;
          await pause(20);
        }
        await conversation.end();
        talks++;
      }
    };
    const clients = Array.from({ length: 20 }, client);
    await pause(200);
    const printed: string[] = [];
    const draining = home.cli(['drain', 'one', '--wait', '--timeout', '30s'], {
      onOut: (text) => printed.push(text),
    });
    await eventOf(daemon, 'drain-began');
    const acceptedBefore = one.accepted;
    const { code, err } = await draining;
    const given = one.accepted - acceptedBefore;
    await pause(100);
    talking = false;
    await Promise.all(clients);
    assert.deepEqual([code, err], [0, '']);
    assert.equal(cut, 0, `of ${plural(talks, 'conversation')}`);
    assert.ok(talks > 50, `only ${talks} conversations`);
    // What had been given to it before the weight was 0 may still arrive there.
    assert.ok(given <= 20, `${given} connections after the drain began`);
    const counts = [...printed.join('').matchAll(/(\d+) active, (\d+) inactive/g)].map(
      ([, active, inactive]) => Number(active) + Number(inactive),
    );
    assert.ok((counts[0] ?? 0) > 0, printed.join(''));
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => b - a),
    );
    assert.match(printed.at(-1) ?? '', /^shop\/one: out, no connection cut\n$/);
    const status = JSON.parse((await home.cli(['status', '--json'])).out) as {
      services: { servers: { name: string; weight: number | null }[] }[];
    };
    assert.equal(status.services[0]?.servers.find(({ name }) => name === 'one')?.weight, null);
    await home.cli(['undrain', 'one']);
    const back = await Promise.all([Conversation.begin(port), Conversation.begin(port)]);
    assert.deepEqual((await Promise.all(back.map((each) => each.ask()))).sort(), ['one', 'two']);
  });

  it('ends what is left at the deadline, and says so', async () => {
    await file(both());
    await home.start();
    const held = await Promise.all([Conversation.begin(port), Conversation.begin(port)]);
    const names = await Promise.all(held.map((each) => each.ask()));
    const onOne = held[names.indexOf('one')];
    const onTwo = held[names.indexOf('two')];
    const { code, out } = await home.cli(['drain', 'one', '--wait', '--timeout', '300ms']);
    assert.equal(code, 3);
    assert.match(out, /shop\/one: draining, 1 active, 0 inactive, \d+ms left\n/);
    assert.match(out, /shop\/one: out, 1 connection cut\n$/);
    await onOne?.ended;
    assert.equal(await onTwo?.ask(), 'two');
    const { out: listed } = await home.cli(['maintenance', 'list', '--json']);
    const { servers } = JSON.parse(listed) as OrderAnswer;
    assert.deepEqual([servers.length, servers[0]?.drain?.end?.connectionsCut], [1, 1]);
  });

  it('of a server that leaves the file lets its connections end in peace', async () => {
    await file(both());
    const daemon = await home.start();
    const held = await Promise.all([Conversation.begin(port), Conversation.begin(port)]);
    const names = await Promise.all(held.map((each) => each.ask()));
    const onOne = held[names.indexOf('one')];
    await file(`[{ name: two, address: "127.0.0.1:${two.port}" }]`);
    const planned = await home.cli(['plan']);
    assert.match(planned.out, /drain server +shop +one +1 +weight 1 -> 0, drains until \d{4}-.*Z\n/);
    assert.match(planned.out, /^Plan: 0 to create, 0 to edit, 1 to drain, 0 to delete\.$/m);
    await home.cli(['reload']);
    const weight = await home.cli(['weight', 'one', '5']);
    assert.equal(weight.code, 1);
    await pause(1200);
    assert.equal(await onOne?.ask(), 'one');
    const { out } = await home.cli(['status']);
    assert.match(out, /one +\S+ +0 \(file: 0\)|one .*not in the file: draining until/);
    const undrain = await home.cli(['undrain', 'one']);
    assert.match(undrain.err, /it is not in the file any more and drains for that; write it back/);
    await onOne?.end();
    await eventOf(daemon, 'drain-ended');
    assert.match((await eventOf(daemon, 'server-removed')).message, /not in the file/);
  });

  it('and a maintenance hold over a restart', async () => {
    await file(both());
    const first = await home.start();
    const on = await home.cli(['maintenance', 'on', 'one', '--reason', 'new disks']);
    assert.deepEqual([on.code, on.out], [0, 'in maintenance  shop/one\n']);
    const drained = await home.cli(['drain', 'two', '--timeout', 'none']);
    assert.deepEqual([drained.code, drained.err], [0, '']);
    await first.close();
    await home.start();
    const { out } = await home.cli(['maintenance', 'list']);
    assert.match(out, /^shop\/two +drained .*by uid \d+ \S+ ago, it was not in the table$/m);
    assert.match(out, /^shop\/one +maintenance +maintenance, by uid \d+ \S+ ago: new disks/m);
    const status = await home.cli(['status']);
    assert.match(status.out, /in maintenance by uid \d+ since \S+Z: new disks/);
    assert.equal((await home.cli(['undrain', 'one'])).code, 1);
    await home.cli(['undrain', 'two']);
    const client = await Conversation.begin(port);
    assert.equal(await client.ask(), 'two');
    await client.end();
    assert.equal((await home.cli(['maintenance', 'off', 'one'])).out, 'out of maintenance  shop/one\n');
  });

  for (const [templates, after] of [
    ['keep', 'one'],
    ['expire', 'two'],
  ] as const)
    it(`with templates: ${templates} leads a sticky client that comes again to ${after}, and after the deadline to two`, async () => {
      const drain = `, persistence: { timeout: 60s }, drain: { timeout: 1500ms, templates: ${templates} }`;
      await file(both(), drain);
      const daemon = await home.start();
      const visit = async (): Promise<string> => {
        const conversation = await Conversation.begin(port);
        const name = await conversation.ask();
        await conversation.end();
        return name;
      };
      const own = await visit();
      assert.equal(await visit(), own);
      // Whoever it was given is the one that is drained.
      const [drained, other] = own === 'one' ? ['one', 'two'] : ['two', 'one'];
      const expected = after === 'one' ? drained : other;
      const { out } = await home.cli(['drain', drained]);
      assert.match(out, /draining +\d+ +\d+ +1 +\d/);
      for (let round = 0; round < 4; round++) {
        assert.equal(await visit(), expected);
        await pause(200);
      }
      const ended = await eventOf(daemon, 'drain-ended');
      assert.match(ended.message, /no connection cut/);
      assert.equal(await visit(), other);
    });
});
