import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import { SyscallError } from '../../../../native/libc/errno.js';
import { CodecError } from '../../../../native/netlink/errors.js';
import {
  readConnectionOrigins,
  readConnections,
  type IpvsConnection,
  type IpvsEndpoint,
} from '../../../../native/proc/connections.js';
import { seededRandom } from '../../../support/random.js';

const golden = fileURLToPath(new URL('../../../golden/proc/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lvsd-proc-'));
after(() => rmSync(folder, { recursive: true }));

const heading = 'Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData';
const originHeading = 'Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires';
const ipv4Line = 'TCP 0A01000B ECA2 0A010064 0052 0A02000B 0050 ESTABLISHED     899';
const sipLine = 'UDP 0A01000B 0000 0A010064 13C4 0A02000B 13C4 NONE             59 sip 3848@10.1.0.11';
const seed = Number(process.env['LVSD_TEST_SEED'] ?? 20260);

let files = 0;
function fileOf(...lines: string[]): string {
  const path = join(folder, `table-${files++}`);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''), 'latin1');
  return path;
}

describe('readConnections', () => {
  it('shows a recorded table as ipvsadm -Lnc --persistent-conn shows it', () => {
    const rows = [...readConnections(join(golden, 'ip_vs_conn'))].map(stockRow);
    const stock = readFileSync(join(golden, 'ipvsadm-Lnc'), 'utf8').split('\n').slice(2, -1);
    assert.ok(stock.length >= 10, `${stock.length} lines`);
    assert.deepEqual(
      rows,
      stock.map((row) => row.trimEnd().replace(/ +/g, ' ')),
    );
  });

  it('reads a connection of IPv4', () => {
    assert.deepEqual(
      [...readConnections(fileOf(heading, ipv4Line))],
      [
        {
          protocol: 'TCP',
          client: { address: '10.1.0.11', port: 60578 },
          virtual: { address: '10.1.0.100', port: 82 },
          destination: { address: '10.2.0.11', port: 80 },
          state: 'ESTABLISHED',
          expiresSec: 899,
          peName: null,
          peData: null,
        },
      ],
    );
  });

  it('reads a connection of IPv6 to a destination of IPv4', () => {
    const line =
      'SCTP fd00:0001:0000:0000:0000:0000:0000:0011 A4C2 2001:0db8:0000:0000:0001:0000:0000:0001 0053 0A02000B 0035 SHUTDOWN_ACK_SENT       0';
    assert.deepEqual(
      [...readConnections(fileOf(heading, line))],
      [
        {
          protocol: 'SCTP',
          client: { address: 'fd00:1::11', port: 42178 },
          virtual: { address: '2001:db8::1:0:0:1', port: 83 },
          destination: { address: '10.2.0.11', port: 53 },
          state: 'SHUTDOWN_ACK_SENT',
          expiresSec: 0,
          peName: null,
          peData: null,
        },
      ],
    );
  });

  it('reads the persistence engine, and its data with spaces and bytes that are no text', () => {
    const lines = [
      sipLine,
      `${sipLine} and more `,
      `${sipLine}\xff\x80`,
      sipLine.replace(' 3848@10.1.0.11', ' '),
    ];
    const engines = [...readConnections(fileOf(heading, ...lines))].map(({ peName, peData }) => [
      peName,
      peData,
    ]);
    assert.deepEqual(engines, [
      ['sip', '3848@10.1.0.11'],
      ['sip', '3848@10.1.0.11 and more '],
      ['sip', '3848@10.1.0.11\xff\x80'],
      ['sip', ''],
    ]);
  });

  it('gives the mark of a template of a firewall mark as the first 32 bits of an address', () => {
    const zeros = '0000:0000:0000:0000:0000:0000';
    const client = `2001:0db8:${zeros}`;
    const lines = [
      'IP  0A01000B 0000 00000007 0000 0A02000B 0050 NONE             59',
      `IP  ${client} 0000 0000:0007:${zeros} 0000 ${client} 0050 NONE             59`,
      `IP  ${client} 0000 ABCD:EF01:${zeros} 0000 ${client} 0050 NONE             59`,
    ];
    assert.deepEqual(
      Array.from(readConnections(fileOf(heading, ...lines)), ({ virtual }) => virtual),
      ['0.0.0.7', '0:7::', 'abcd:ef01::'].map((address) => ({ address, port: 0 })),
    );
  });

  it('takes the time of an old kernel that wrapped below zero for none left', () => {
    const [connection] = readConnections(fileOf(heading, ipv4Line.replace('899', '18446744073709551')));
    assert.equal(connection?.expiresSec, 0);
  });

  it('gives nothing for an empty table', () => {
    assert.deepEqual([...readConnections(fileOf(heading))], []);
    assert.deepEqual([...readConnections(fileOf(heading.replace(' PEName PEData', '')))], []);
  });

  const bad: readonly (readonly [name: string, line: string, message: RegExp])[] = [
    ['an empty line', '', /line 3 at offset 0: expected protocol/],
    ['a protocol alone', 'TCP', /line 3 at offset 3: expected address/],
    ['an address of seven digits', ipv4Line.replace('0A01000B', 'A01000B'), /expected address/],
    [
      'an address of nine digits',
      ipv4Line.replace('0A01000B', '00A01000B'),
      /expected the end of the address/,
    ],
    ['an address in dots', ipv4Line.replace('0A01000B', '10.1.0.11'), /expected address/],
    ['an IPv6 address of seven groups', `TCP ${'0000:'.repeat(6)}0000 0000`, /expected address/],
    [
      'an IPv6 address of nine groups',
      `TCP ${'0000:'.repeat(8)}0000 0000`,
      /expected the end of the address/,
    ],
    ['an IPv6 address that is shortened', 'TCP fd00::0001 0000', /expected address/],
    ['an IPv6 address in brackets', `TCP [${'0000:'.repeat(7)}0000] 0000`, /expected address/],
    ['a port of three digits', ipv4Line.replace('ECA2', 'CA2'), /expected port/],
    ['a port of five digits', ipv4Line.replace('ECA2', '0ECA2'), /expected the end of the port/],
    ['a port with a letter past f', ipv4Line.replace('ECA2', 'ECG2'), /offset 15: expected port/],
    ['no state', ipv4Line.slice(0, 45), /expected state/],
    ['no time', ipv4Line.slice(0, 57), /expected seconds, got ""/],
    ['a negative time', ipv4Line.replace('899', '-99'), /expected seconds, got "-99"/],
    ['a time with a letter', `${ipv4Line}s`, /expected the end of the seconds/],
    ['a time that a tab ends', `${ipv4Line}\tsip x`, /expected the end of the seconds/],
    ['a NUL in a number', ipv4Line.replace('0050', '00\x000'), /expected port/],
  ];
  for (const [name, line, message] of bad)
    it(`refuses ${name} and names its line`, () => {
      const path = fileOf(heading, ipv4Line, line, ipv4Line);
      const seen: IpvsConnection[] = [];
      const read = (): void => {
        for (const connection of readConnections(path)) seen.push(connection);
      };
      assert.throws(read, (error) => {
        assert.ok(error instanceof CodecError);
        assert.equal(error.details.what, `${path} line 3`);
        assert.match(error.message, message);
        return true;
      });
      assert.equal(seen.length, 1);
    });

  it('refuses a file without the headings', () => {
    const message = /line 1 at offset 0: expected the headings of a connection table/;
    assert.throws(() => [...readConnections(fileOf())], { code: 'ERR_CODEC', message });
    assert.throws(() => [...readConnections(fileOf(ipv4Line))], { code: 'ERR_CODEC', message });
    assert.throws(() => [...readConnections(fileOf(originHeading))], { code: 'ERR_CODEC', message });
  });

  it('never gives other than CodecError for a line that was changed anywhere', () => {
    const random = seededRandom(seed);
    const lines = readFileSync(join(golden, 'ip_vs_conn'), 'latin1').split('\n').slice(1, -1);
    let refused = 0;
    for (let round = 0; round < 2_000; round++) {
      const line = random.pick(lines);
      const at = random.int(0, line.length);
      const changed =
        line.slice(0, at) +
        random.pick(['', ' ', '0', 'F', ':', 'x', '\0']) +
        line.slice(at + random.int(0, 3));
      const path = join(folder, 'fuzz');
      writeFileSync(path, `${heading}\n${changed}\n`, 'latin1');
      try {
        for (const { client, virtual, destination, expiresSec } of readConnections(path)) {
          for (const { port } of [client, virtual, destination]) assert.ok(port >= 0 && port <= 65535);
          assert.ok(Number.isSafeInteger(expiresSec));
        }
      } catch (error) {
        assert.ok(error instanceof CodecError, `${String(error)} (seed ${seed}, round ${round})`);
        refused++;
      }
    }
    assert.ok(refused > 500, `${refused} refused`);
  });

  it('says that the module is not there', () => {
    const path = join(folder, 'absent');
    assert.throws(
      () => readConnections(path).next(),
      (error) => {
        assert.ok(error instanceof SyscallError);
        assert.equal(error.message, `open ${path}: ENOENT`);
        return true;
      },
    );
    assert.throws(() => readConnections(folder).next(), {
      code: 'ERR_SYSCALL',
      message: `read ${folder}: EISDIR`,
    });
  });

  it('closes the file when the loop is left, when it fails and when it ends', () => {
    const path = fileOf(heading, ipv4Line, 'bad');
    const before = openFiles();
    for (const _ of readConnections(path)) break;
    assert.throws(() => [...readConnections(path)], CodecError);
    assert.equal([...readConnections(fileOf(heading, ipv4Line))].length, 1);
    readConnections(path);
    assert.deepEqual(openFiles(), before);
  });

  it('closes the file of a reader that was left half-way and forgotten', async () => {
    const path = fileOf(heading, ipv4Line, ipv4Line);
    const before = openFiles();
    (() => {
      for (let reader = 0; reader < 5; reader++) readConnections(path).next();
    })();
    assert.equal(openFiles().length, before.length + 5);
    for (let turn = 0; turn < 200 && openFiles().length > before.length; turn++) {
      collect();
      await setImmediate();
    }
    assert.deepEqual(openFiles(), before);
  });

  it("leaves alone what the main thread opened after a worker's reader was closed", async () => {
    const source = fileURLToPath(new URL('../../../../native/proc/connections.ts', import.meta.url));
    const options = { bundle: true, platform: 'node', format: 'cjs', write: false } as const;
    const [bundle] = buildSync({ entryPoints: [source], ...options }).outputFiles;
    const body = `
      ${bundle!.text}
      const { parentPort, workerData } = require('node:worker_threads');
      for (const _ of module.exports.readConnections(workerData)) break;
      parentPort.postMessage('read');
      parentPort.on('message', () => undefined);`;
    const worker = new Worker(body, { eval: true, workerData: fileOf(heading, ipv4Line, ipv4Line) });
    await once(worker, 'message');
    const own = Array.from({ length: 20 }, () => openSync('/dev/null', 'r'));
    await worker.terminate();
    for (const fd of own) closeSync(fd);
  });

  it('reads a million connections in the memory of one', { skip: process.platform !== 'linux' }, () => {
    const connections = 1_000_000;
    const path = join(folder, 'million');
    writeMillion(path, connections);
    const base = liveHeap();
    let peak = 0;
    let count = 0;
    let ports = 0;
    for (const connection of readConnections(path)) {
      ports += connection.client.port;
      if (++count % 250_000 === 0) peak = Math.max(peak, liveHeap() - base);
    }
    rmSync(path);
    assert.equal(count, connections);
    assert.ok(ports > 0);
    assert.ok(peak < 2 ** 20, `${peak} bytes more are alive half-way`);

    const some = [...readConnections(join(golden, 'ip_vs_conn'))];
    const kept = Array.from({ length: 10_000 }, () => structuredClone(some[0]));
    assert.ok(liveHeap() - base > 2 ** 20, 'the measure sees ten thousand connections that are kept');
    assert.equal(kept.length, 10_000);
  });
});

describe('readConnectionOrigins', () => {
  it('tells connections of this director from those told by another', () => {
    const own = [...readConnectionOrigins(join(golden, 'ip_vs_conn_sync'))];
    const table = [...readConnections(join(golden, 'ip_vs_conn'))];
    assert.deepEqual(
      own,
      table.map(({ peName: _name, peData: _data, ...connection }) => ({ ...connection, origin: 'local' })),
    );
    const [told] = readConnectionOrigins(join(golden, 'ip_vs_conn_sync.backup'));
    assert.deepEqual(told?.client, { address: '10.1.0.11', port: 0 });
    assert.equal(told.origin, 'sync');
  });

  const line = ipv4Line.replace('     899', ' LOCAL      899');
  it('refuses another origin, a column too many and the other table', () => {
    assert.equal([...readConnectionOrigins(fileOf(originHeading, line))].length, 1);
    for (const wrong of [line.replace('LOCAL', 'OTHER'), `${line} sip`, ipv4Line])
      assert.throws(() => [...readConnectionOrigins(fileOf(originHeading, wrong))], { code: 'ERR_CODEC' });
    assert.throws(() => [...readConnectionOrigins(join(golden, 'ip_vs_conn'))], { code: 'ERR_CODEC' });
  });
});

function stockRow(connection: IpvsConnection): string {
  const { protocol, client, virtual, destination, state, expiresSec, peName, peData } = connection;
  const minutes = String(Math.floor(expiresSec / 60)).padStart(2, '0');
  const seconds = String(expiresSec % 60).padStart(2, '0');
  const engine = peName === null ? [] : [peName, peData];
  return [
    protocol,
    `${minutes}:${seconds}`,
    state,
    ...[client, virtual, destination].map(endpointText),
    ...engine,
  ].join(' ');
}

function endpointText({ address, port }: IpvsEndpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function openFiles(): string[] {
  return readdirSync('/proc/self/fd');
}

function writeMillion(path: string, connections: number): void {
  const perBlock = 10_000;
  const hex = (value: number, digits: number): string =>
    value.toString(16).toUpperCase().padStart(digits, '0');
  const lines = Array.from(
    { length: perBlock },
    (_, index) => `TCP 0A${hex(index, 6)} ${hex(index + 1, 4)} ${ipv4Line.slice(18)}\n`,
  ).join('');
  const fd = openSync(path, 'w');
  writeSync(fd, `${heading}\n`);
  for (let block = 0; block < connections / perBlock; block++) writeSync(fd, lines);
  closeSync(fd);
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of the heap that something still holds. */
function liveHeap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
