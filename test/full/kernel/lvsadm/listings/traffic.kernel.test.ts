/** Listings of a table that has seen traffic: connections, counters, rates. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { skipWithout } from '../../../../support/require-tool.js';
import { words } from '../corpus/case.js';
import { compareAnswers } from '../harness/comparison.js';
import { lvsadm } from '../harness/lvsadm.js';
import { installNames } from '../harness/name-service.js';
import { FixtureTables } from '../harness/fixture-tables.js';
import { readTable, toJson } from '../harness/table-state.js';
import { beginConnect, connect, send, sendDatagram, Sink } from '../harness/traffic.js';

const services = `
-A -t 10.99.0.1:80 -s rr
-a -t 10.99.0.1:80 -r 127.0.0.1:8080 -m -x 100 -y 50
-A -t 10.99.0.2:8080 -s rr
-a -t 10.99.0.2:8080 -r 198.51.100.1:8080 -g
-A -t 10.99.0.3:80 -s rr
-a -t 10.99.0.3:80 -r 198.51.100.77:80 -m
-A -t 10.99.0.4:80 -s rr -p 300
-a -t 10.99.0.4:80 -r 127.0.0.1:8080 -m
-A -u 10.99.0.1:5060 -s rr -p 60 --pe sip
-a -u 10.99.0.1:5060 -r 198.51.100.78:5060 -m
-A -t [fd00:99::1]:80 -s rr
-a -t [fd00:99::1]:80 -r [::1]:8080 -m
`;

const invite = [
  'INVITE sip:bob@example.net SIP/2.0',
  'Via: SIP/2.0/UDP 10.99.0.1:5062',
  'From: <sip:alice@example.net>;tag=1',
  'To: <sip:bob@example.net>',
  'Call-ID: 3848276298220188511@example.net',
  'CSeq: 1 INVITE',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');

/** Enough for a counter of bytes that no longer fits its column. */
const manyBytes = 110_000_000;

const listings = [
  '-Ln',
  '-L',
  '-Ln --exact',
  '-Ln --stats',
  '-Ln --stats --exact',
  '-L --stats',
  '-Ln --rate',
  '-Ln --rate --exact',
  '-Ln --thresholds',
  '-Ln --persistent-conn',
  '-Ln --tun-info',
  '-Ln --nosort --stats',
  '-Ln -t 10.99.0.1:80 --stats',
  '-Ln -t 10.99.0.4:80 --persistent-conn',
  '-Ln -t [fd00:99::1]:80 --rate',
  '-Lnc',
  '-Lc',
  '-Lnc --persistent-conn',
  '-Lc --persistent-conn',
  '-Sn',
];

describe('lvsadm with traffic', { skip: skipWithout('ipvsadm', 'apt-get install ipvsadm') }, () => {
  const sockets: net.Socket[] = [];
  let table: FixtureTables;
  let sink: Sink;

  before(async () => {
    installNames();
    table = new FixtureTables();
    for (const address of ['10.99.0.1', '10.99.0.2', '10.99.0.3', '10.99.0.4', 'fd00:99::1']) {
      const length = address.includes(':') ? 128 : 32;
      execFileSync('ip', ['address', 'add', `${address}/${length}`, 'dev', 'lo']);
    }
    assert.equal(table.ipvsadm.run({ argv: ['-R'], stdin: services }).stderr, '');
    sink = await Sink.listen(8080);
    const open = await connect('10.99.0.1', 80, 50_001);
    sockets.push(open, await connect('10.99.0.2', 8080, 50_002), await connect('10.99.0.4', 80, 50_003));
    sockets.push(await connect('fd00:99::1', 80, 50_004), beginConnect('10.99.0.3', 80, 50_005));
    await sendDatagram('10.99.0.1', 5060, 5062, invite);
    await send(open, manyBytes);
    const half = await connect('10.99.0.1', 80, 50_006);
    half.end();
    sockets.push(half);
    // the kernel counts on each packet and adds up every two seconds
    while (inBytes(table) < BigInt(manyBytes)) await sleep(100);
  });

  after(() => {
    sockets.forEach((socket) => socket.destroy());
    sink.close();
    table.close();
  });

  it('has something to show in every column', () => {
    const connections = connectionsFile();
    for (const state of [
      'ESTABLISHED',
      'SYN_RECV',
      'UDP',
      'NONE|ASSURED',
      'sip 3848276298220188511@example.net',
    ]) {
      assert.match(connections, new RegExp(state));
    }
    const answer = table.ipvsadm.run({ argv: ['-Ln', '--stats'] });
    assert.match(answer.stdout, /\d{6}K/);
  });

  for (const listing of listings) {
    it(`answers ${listing} as ipvsadm does`, async () => {
      const argv = words(listing);
      for (let attempt = 1; ; attempt++) {
        const earlier = everything(table);
        const stock = table.ipvsadm.run({ argv });
        const answer = await lvsadm({ argv });
        // between the two a second may have passed for one of the connections
        if (everything(table) !== earlier && attempt < 50) continue;
        const lines = compareAnswers(stock, answer).flatMap((difference) => difference.lines);
        assert.ok(lines.length === 0, lines.join('\n'));
        assert.equal(stock.exit, 0);
        return;
      }
    });
  }

  it('zeroes the counters of one service, then of all', async () => {
    const countOf = (address: string): bigint => {
      const found = table.client.services().find((one) => 'address' in one && one.address === address);
      assert.ok(found);
      return found.stats.inPackets;
    };
    assert.ok(countOf('10.99.0.2') > 0n && countOf('fd00:99::1') > 0n);
    const one = await lvsadm({ argv: ['-Z', '-t', '10.99.0.2:8080'] });
    assert.deepEqual([one, countOf('10.99.0.2')], [{ stdout: '', stderr: '', exit: 0 }, 0n]);
    assert.ok(countOf('fd00:99::1') > 0n);
    const all = await lvsadm({ argv: ['-Z'] });
    assert.deepEqual([all, countOf('fd00:99::1')], [{ stdout: '', stderr: '', exit: 0 }, 0n]);
  });
});

function inBytes({ client }: FixtureTables): bigint {
  return client.services().reduce((sum, { stats }) => sum + stats.inBytes, 0n);
}

function connectionsFile(): string {
  return readFileSync('/proc/net/ip_vs_conn', 'latin1');
}

function everything({ client }: FixtureTables): string {
  return toJson(readTable(client)) + connectionsFile();
}
