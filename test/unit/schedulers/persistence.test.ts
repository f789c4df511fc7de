import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PersistenceTable, type Flow, type PersistenceOptions } from '../../../schedulers/index.js';
import { makeFlow, makeServer, nameOf, type NamedServer } from './make.js';

const TIMEOUT_MS = 300_000;

/** A table and a scheduler that answers A, B, C in turn and counts how often it was asked. */
class Fixture {
  readonly servers = ['A', 'B', 'C'].map((name) => makeServer(name));
  readonly table: PersistenceTable<NamedServer>;
  asked = 0;

  constructor(options: Partial<PersistenceOptions> = {}) {
    this.table = new PersistenceTable({
      family: 4,
      prefixLength: 32,
      timeoutMs: TIMEOUT_MS,
      service: { kind: 'address', port: 80 },
      ...options,
    });
    for (const server of this.servers) this.table.serverAdded(server);
  }

  server(index: number): NamedServer {
    const server = this.servers[index];
    assert.ok(server);
    return server;
  }

  acquire(fields: Partial<Flow> = {}, nowMs = 0): ReturnType<PersistenceTable<NamedServer>['acquire']> {
    return this.table.acquire(makeFlow(fields), nowMs, () => this.server(this.asked++ % 3));
  }

  name(fields: Partial<Flow> = {}, nowMs = 0): string {
    return nameOf(this.acquire(fields, nowMs)?.server ?? null);
  }
}

describe('a template', () => {
  it('keeps a client on its server without asking the scheduler', () => {
    const fixture = new Fixture();
    assert.equal(
      fixture.name() + fixture.name({ sourcePort: 1 }) + fixture.name({ source: '10.0.0.2' }),
      'AAB',
    );
    assert.equal(fixture.asked, 2);
    assert.equal(fixture.table.size, 2);
  });

  it('is counted with the others that lead to its server, until it is over', () => {
    const fixture = new Fixture();
    const counts = (): string[] =>
      [...fixture.table.countByServer()].map(([server, count]) => `${nameOf(server)}${count}`);
    assert.deepEqual(counts(), []);
    for (const source of ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']) {
      const template = fixture.acquire({ source });
      assert.ok(template);
      fixture.table.release(template, 0);
    }
    assert.deepEqual(counts(), ['A2', 'B1', 'C1']);
    fixture.table.expire(TIMEOUT_MS);
    assert.deepEqual(counts(), []);
  });

  it('wins over an overloaded server and over weight 0', () => {
    const fixture = new Fixture();
    fixture.acquire();
    Object.assign(fixture.server(0), { weight: 0, overloaded: true });
    assert.equal(fixture.name(), 'A');
  });

  it('does not count with weight 0 when quiescent templates expire', () => {
    const fixture = new Fixture({ expireQuiescent: true });
    fixture.acquire();
    fixture.server(0).overloaded = true;
    assert.equal(fixture.name(), 'A');
    fixture.server(0).weight = 0;
    assert.equal(fixture.name(), 'B');
    fixture.server(0).weight = 1;
    assert.equal(fixture.name(), 'B', 'the old one never matches again');
  });

  it('does not count while its server is gone, and does when it comes back first', () => {
    const fixture = new Fixture();
    fixture.acquire();
    fixture.table.serverRemoved(fixture.server(0));
    fixture.table.serverAdded(fixture.server(0));
    assert.equal(fixture.name(), 'A');
    fixture.table.serverRemoved(fixture.server(0));
    assert.equal(fixture.name(), 'B');
  });

  it('is not made when nobody can take the connection', () => {
    const { table } = new Fixture();
    assert.equal(
      table.acquire(makeFlow(), 0, () => null),
      null,
    );
    assert.equal(table.size, 0);
  });
});

describe("a template's life", () => {
  it('lasts the timeout after the last connection set up through it', () => {
    const fixture = new Fixture();
    const first = fixture.acquire();
    assert.ok(first);
    fixture.table.release(first, 1);
    const second = fixture.acquire({}, TIMEOUT_MS - 1);
    assert.equal(second, first);
    fixture.table.release(first, TIMEOUT_MS);
    assert.equal(fixture.name({}, 2 * TIMEOUT_MS - 2), 'A');
    fixture.table.release(first, 2 * TIMEOUT_MS - 2);
    assert.equal(fixture.name({}, 3 * TIMEOUT_MS - 2), 'B');
  });

  it('is put off by 60 s while it has connections, and then lives 60 s at a time', () => {
    const fixture = new Fixture();
    const template = fixture.acquire();
    assert.ok(template);
    // Fired at 300 s and 360 s with its connection open; the next time is 420 s.
    fixture.table.release(template, TIMEOUT_MS + 70_000);
    fixture.table.expire(TIMEOUT_MS + 119_999);
    assert.equal(fixture.table.size, 1);
    assert.equal(fixture.acquire({}, TIMEOUT_MS + 119_999), template);
    fixture.table.release(template, TIMEOUT_MS + 119_999);
    // Restarted with the stored time, which is 60 s by now.
    fixture.table.expire(TIMEOUT_MS + 179_998);
    assert.equal(fixture.table.size, 1);
    fixture.table.expire(TIMEOUT_MS + 179_999);
    assert.equal(fixture.table.size, 0);
  });

  it('is ended by acquire for clients that never came back', () => {
    const fixture = new Fixture();
    const template = fixture.acquire();
    assert.ok(template);
    fixture.table.release(template, 0);
    fixture.acquire({ source: '10.0.0.9' }, TIMEOUT_MS);
    assert.equal(fixture.table.size, 1);
  });

  it('keeps its stored timeout when the service is edited', () => {
    const fixture = new Fixture();
    const old = fixture.acquire();
    assert.ok(old);
    fixture.table.release(old, 0);
    fixture.table.configure({
      family: 4,
      prefixLength: 32,
      timeoutMs: 1000,
      service: { kind: 'address', port: 80 },
    });
    const young = fixture.acquire({ source: '10.0.0.2' });
    assert.ok(young);
    fixture.table.release(young, 0);
    fixture.table.expire(1000);
    assert.equal(fixture.table.size, 1);
    assert.equal(fixture.acquire({}, TIMEOUT_MS - 1), old);
  });
});

describe("a template's key", () => {
  it('joins an IPv4 network', () => {
    const fixture = new Fixture({ prefixLength: 23 });
    assert.equal(
      fixture.name({ source: '10.0.2.1' }) +
        fixture.name({ source: '10.0.3.255' }) +
        fixture.name({ source: '10.0.4.0' }),
      'AAB',
    );
  });

  for (const { prefixLength, same, other } of [
    { prefixLength: 64, same: '2001:db8:0:1:ffff::', other: '2001:db8:0:2::1' },
    { prefixLength: 33, same: '2001:db8:7fff::', other: '2001:db8:8000::' },
    { prefixLength: 128, same: '2001:DB8:0:1:0:0:0:1', other: '2001:db8:0:1::2' },
    { prefixLength: 100, same: '2001:db8:0:1::fff:1', other: '2001:db8:0:1::1fff:1' },
  ]) {
    it(`joins an IPv6 network of ${prefixLength} bits`, () => {
      const fixture = new Fixture({ family: 6, prefixLength });
      const flow = (source: string): Partial<Flow> => ({ family: 6, source, destination: '2001:db8::80' });
      const names = ['2001:db8:0:1::1', same, other].map((source) => fixture.name(flow(source)));
      assert.equal(names.join(''), 'AAB');
    });
  }

  it('holds protocol, virtual address and port of a service with a port', () => {
    const fixture = new Fixture();
    const names = [{}, { protocol: 'udp' }, { destination: '192.0.2.11' }, {}] as const;
    assert.equal(names.map((fields) => fixture.name(fields)).join(''), 'ABCA');
  });

  it('leaves out the port of a service for every port, but not the protocol', () => {
    const fixture = new Fixture({ service: { kind: 'address', port: 0 } });
    const flows = [
      { destinationPort: 80 },
      { destinationPort: 443 },
      { destinationPort: 443, protocol: 'udp' },
    ] as const;
    assert.equal(flows.map((fields) => fixture.name(fields)).join(''), 'AAB');
  });

  it('joins control and data connections of FTP', () => {
    const fixture = new Fixture({ service: { kind: 'address', port: 21 } });
    assert.equal(fixture.name({ destinationPort: 21 }) + fixture.name({ destinationPort: 34567 }), 'AA');
  });

  it('keeps other ports of a service with a port apart from its own', () => {
    const fixture = new Fixture();
    assert.equal(fixture.name() + fixture.name({ destinationPort: 8080 }), 'AB');
  });

  it('holds only the client of a firewall mark: any protocol, address and port', () => {
    const fixture = new Fixture({ service: { kind: 'fwmark', mark: 7 } });
    const flows = [
      {},
      { protocol: 'udp' },
      { destination: '192.0.2.99' },
      { destinationPort: 443 },
      { source: '10.9.9.9' },
    ] as const;
    assert.equal(flows.map((fields) => fixture.name(fields)).join(''), 'AAAAB');
  });
});

describe('persistence options', () => {
  for (const options of [
    { prefixLength: 33 },
    { prefixLength: -1 },
    { prefixLength: 1.5 },
    { timeoutMs: 0 },
    { timeoutMs: NaN },
  ]) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => new Fixture(options), { code: 'ERR_SCHEDULER_OPTION' });
    });
  }
});
