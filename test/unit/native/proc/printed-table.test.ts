import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SyscallError } from '../../../../native/libc/errno.js';
import { emptyRow, isServerRow, readServerRow, serverRowBytes } from '../../../../native/proc/printed-row.js';
import { PrintedTable } from '../../../../native/proc/printed-table.js';

const head = [
  'IP Virtual Server version 1.2.1 (size=4096)',
  'Prot LocalAddress:Port Scheduler Flags',
  '  -> RemoteAddress:Port Forward Weight ActiveConn InActConn',
];
const ipv4Row = '  -> 0A0000FE:0050      Masq    5      12         345       ';
const ipv6Row =
  '  -> [2001:0db8:0000:0000:0000:0000:ffff:0001]:FFFF      Route   1      0          0         ';

function table(...lines: readonly string[]): PrintedTable {
  return new PrintedTable(Buffer.from(`${[...head, ...lines].join('\n')}\n`, 'latin1'));
}

/** The addresses of the servers that are found for a service, or null. */
function serversOf(
  printed: PrintedTable,
  service: Parameters<PrintedTable['serversOf']>[0],
): number[] | null {
  const start = printed.serversOf(service);
  if (start === null) return null;
  const found: number[] = [];
  const row = emptyRow();
  for (let at = start; isServerRow(printed.bytes, at); at += serverRowBytes(printed.bytes, at)) {
    assert.ok(readServerRow(printed.bytes, at, row));
    found.push(row.port);
  }
  return found;
}

function readRow(line: string): ReturnType<typeof emptyRow> | null {
  const row = emptyRow();
  return readServerRow(Buffer.from(line, 'latin1'), 0, row) ? row : null;
}

describe('PrintedTable', () => {
  const printed = table(
    'TCP  C0000201:0050 wlc persistent 36000 FFFFFFFF',
    ipv4Row,
    ipv6Row,
    'TCP  [2001:0db8:0000:0000:0000:0000:0000:0001]:01BB wrr ',
    'SCTP  01020304:0000 wlc ops ',
    ipv4Row,
    'FWM  00000007 wlc ',
    'FWM  80000000 rr ',
    ipv6Row,
  );

  it('finds the servers of services by address and by mark', () => {
    assert.deepEqual(
      serversOf(printed, { family: 'ipv4', protocol: 6, address: '192.0.2.1', port: 80 }),
      [80, 65535],
    );
    assert.deepEqual(
      serversOf(printed, { family: 'ipv6', protocol: 6, address: '2001:db8::1', port: 443 }),
      [],
    );
    assert.deepEqual(
      serversOf(printed, { family: 'ipv4', protocol: 132, address: '1.2.3.4', port: 0 }),
      [80],
    );
    assert.deepEqual(serversOf(printed, { fwmark: 7 }), []);
    assert.deepEqual(serversOf(printed, { fwmark: 2 ** 31 }), [65535]);
  });

  it('knows nothing of other services', () => {
    assert.equal(printed.serversOf({ family: 'ipv4', protocol: 17, address: '192.0.2.1', port: 80 }), null);
    assert.equal(printed.serversOf({ family: 'ipv4', protocol: 6, address: '192.0.2.1', port: 81 }), null);
    assert.equal(printed.serversOf({ family: 'ipv4', protocol: 1, address: '192.0.2.1', port: 80 }), null);
    assert.equal(printed.serversOf({ fwmark: 8 }), null);
  });

  it('tells nothing of a name that stands there twice', () => {
    const twice = table('FWM  00000007 wlc ', ipv4Row, 'FWM  00000008 wlc ', 'FWM  00000007 wlc ', ipv6Row);
    assert.equal(twice.serversOf({ fwmark: 7 }), null);
    assert.deepEqual(serversOf(twice, { fwmark: 8 }), []);
  });

  it('takes a file of another shape, an empty one and one that is cut off', () => {
    for (const text of ['', 'x', head[0] ?? '', `${head.join('\n')}\n`, `${head.join('\n')}\nFWM`])
      assert.equal(new PrintedTable(Buffer.from(text)).serversOf({ fwmark: 7 }), null, text);
    const other = new PrintedTable(Buffer.from('1\n2\n3\nFWM  00000007 wlc \n'));
    assert.equal(other.serversOf({ fwmark: 7 }), null);
  });

  it('reads a file larger than its first buffer, but none that is quicker asked for', () => {
    const folder = mkdtempSync(join(tmpdir(), 'printed-'));
    try {
      const path = join(folder, 'ip_vs');
      const services = Array.from(
        { length: 30_000 },
        (_, mark) => `FWM  ${String(mark).padStart(8, '0')} wlc `,
      );
      const lines = services.flatMap((line) => [line, ipv4Row]);
      writeFileSync(path, `${[...head, ...lines].join('\n')}\n`);
      const printed = PrintedTable.read(path);
      assert.deepEqual(printed && serversOf(printed, { fwmark: 0x29999 }), [80]);
      writeFileSync(path, Buffer.alloc(9 * 1024 * 1024, `${ipv4Row}\n`));
      assert.equal(PrintedTable.read(path), null);
      assert.throws(
        () => PrintedTable.read(join(folder, 'none')),
        (error) => error instanceof SyscallError && error.details.errno === 'ENOENT',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('readServerRow', () => {
  it('takes both kinds of addresses apart', () => {
    const ipv4 = readRow(`${ipv4Row}\n`);
    assert.deepEqual(ipv4 && [ipv4.ipv6, ipv4.words[0], ipv4.port], [false, 0x0a0000fe, 80]);
    assert.equal(ipv4Row.slice(ipv4?.columnsStart, ipv4?.end), 'Masq    5      12         345       ');
    const ipv6 = readRow(`${ipv6Row}\n`);
    assert.deepEqual(ipv6 && [ipv6.ipv6, ipv6.port], [true, 65535]);
    assert.deepEqual(ipv6?.words, [0x20010db8, 0, 0, 0xffff0001 | 0]);
    assert.equal(ipv6Row.slice(ipv6.columnsStart, ipv6.end), 'Route   1      0          0         ');
  });

  it('takes numbers that are wider than their columns', () => {
    const line = '  -> FFFFFFFF:0000      Tunnel  2147483647 4294967295 2147483647';
    const row = readRow(`${line}\n`);
    assert.deepEqual(row && [row.words[0], row.port], [-1, 0]);
    assert.equal(line.slice(row?.columnsStart, row?.end), 'Tunnel  2147483647 4294967295 2147483647');
  });

  it('refuses what it might misread', () => {
    const lines = [
      ipv4Row,
      `${ipv4Row.slice(0, 30)}\n`,
      `${ipv4Row.replace('0A', 'xx')}\n`,
      `${ipv4Row.replace(':', ' ')}\n`,
      `${ipv4Row.replace('0050', '00g0')}\n`,
      `${ipv6Row.replace('2001', '201:')}\n`,
      `${ipv6Row.replace(']:', '] ')}\n`,
      `${ipv4Row.replace(' 12 ', ' -1 ')}\n`,
    ];
    for (const line of lines) assert.equal(readRow(line), null, line);
  });

  it('does not see the sign in the row behind it', () => {
    assert.notEqual(readRow(`${ipv4Row}\n${ipv4Row}\n`), null);
  });
});
