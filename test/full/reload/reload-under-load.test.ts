/**
 * 1,000 random reloads of a whole director while hundreds of verified connections and UDP sessions are alive.
 * The director runs in this process, so that its descriptors, timers and heap can be counted; servers and clients
 * run in their own.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { realRandom } from '../../../src/base/clock.js';
import { createLogger } from '../../../src/base/logger.js';
import { loadConfig, type LoadOptions } from '../../../src/config/load.js';
import { Daemon } from '../../../src/daemon/daemon.js';
import { acquireStateLock } from '../../../src/daemon/state/state-lock.js';
import { createHaHost } from '../../../src/daemon/vrrp/ha-host.js';
import { NOTHING_REMEMBERED } from '../../../src/daemon/director-state.js';
import { CountingClock } from '../../support/counting-clock.js';
import { seededRandom } from '../../support/random.js';
import { Traffic } from '../../support/traffic/children.js';
import { mayEndConnections, RandomConfig, type ChangeKind } from './random-config.js';

const SERVERS = 10;
const RELOADS = Number(process.env['LVSD_TEST_RELOADS'] ?? 1000);
/** Enough for the event log to be full and the code to be compiled. */
const WARM_UP_RELOADS = 300;
/**
 * What is forgotten anew at each reload grows in both halves alike. Code that is compiled late, or a table that
 * doubles once, shows in one of them, and in which one is chance.
 */
const HEAP_GROWTH_OF_BOTH_HALVES = 0.01;
const HEAP_GROWTH_OVER_ALL = 0.1;
const PAUSE_MS = 60;
const CONNECTIONS_PER_SECOND = 110;
const UDP_SESSIONS = 20;
const OLD = 10;
/** A share would tell of the machine's load: a slow one makes new connections in bursts. */
const ENOUGH_OLD = 40;
const SEED = Number(process.env['LVSD_TEST_SEED'] ?? 20261120);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Usage {
  readonly descriptors: number;
  readonly timers: number;
  readonly heapBytes: number;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

describe('reloads under load', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvsd-reload-'));
  const file = join(folder, 'lvsd.yaml');
  const clock = new CountingClock();
  const random = seededRandom(SEED);
  const refusals: string[] = [];
  let traffic: Traffic;
  let config: RandomConfig;
  let daemon: Daemon;
  let ports: { readonly tcp: number; readonly udp: number };

  async function applyFile(): Promise<void> {
    writeFileSync(file, config.toYaml());
    await daemon.reload('the test');
  }

  /** Reloads at a pace, clients alive all along; checks at intervals that the load is what it ought to be. */
  async function reloadUnderLoad(count: number): Promise<Record<ChangeKind, number>> {
    const made = Object.fromEntries(Object.keys(mayEndConnections).map((kind) => [kind, 0])) as Record<
      ChangeKind,
      number
    >;
    traffic.startClients({
      tcpPort: ports.tcp,
      udpPort: ports.udp,
      connectionsPerSecond: CONNECTIONS_PER_SECOND,
      udpSessions: UDP_SESSIONS,
      seed: random.int(1, 2 ** 31),
    });
    await sleep(5000);
    for (let reload = 1; reload <= count; reload++) {
      for (const kind of config.change()) made[kind] += 1;
      await applyFile();
      traffic.reloaded();
      await sleep(PAUSE_MS);
      if (reload % 50 === 0) await checkLoad(reload);
      assert.deepEqual([...traffic.faults, ...refusals], [], `after ${reload} reloads, seed ${SEED}`);
    }
    const report = await traffic.finishClients();
    assert.equal(report.alive, 0);
    assert.equal(report.finished, report.opened);
    assert.deepEqual([...traffic.faults, ...refusals], [], `after the clients left, seed ${SEED}`);
    console.log(
      `${count} reloads: ${report.opened} connections, ${report.bytesVerified} bytes and ${report.datagramsVerified} datagrams verified`,
    );
    return made;
  }

  async function checkLoad(reload: number): Promise<void> {
    const { alive, old } = await traffic.report(OLD);
    assert.ok(alive >= 200, `${alive} connections alive after ${reload} reloads`);
    assert.ok(old >= ENOUGH_OLD, `${old} of ${alive} connections are older than ${OLD} reloads`);
  }

  /** Back to the first configuration; what remembers connections and sessions for a while has forgotten. */
  async function settledUsage(): Promise<Usage> {
    config.reset();
    await applyFile();
    await sleep(6000);
    collectGarbage();
    await sleep(200);
    collectGarbage();
    return {
      descriptors: readdirSync('/proc/self/fd').length,
      timers: clock.pending,
      heapBytes: process.memoryUsage().heapUsed,
    };
  }

  before(async () => {
    const created = await Traffic.create(SERVERS);
    traffic = created.traffic;
    const [tcp, udp, ...sidePorts] = await freePorts(8);
    assert.ok(tcp !== undefined && udp !== undefined);
    ports = { tcp, udp };
    const { tcpPorts: tcpServers, udpPorts: udpServers } = created.ready;
    config = new RandomConfig(
      random,
      { tcpPort: tcp, udpPort: udp, sidePorts, tcpServers, udpServers },
      { socket: join(folder, 'lvsd.sock'), stateDir: join(folder, 'state') },
    );
    writeFileSync(file, config.toYaml());
    const load: LoadOptions = { environment: {}, hostName: 'test', dataplane: 'proxy' };
    const loaded = await loadConfig(file, load);
    daemon = new Daemon({
      clock,
      random: realRandom,
      logger: createLogger({ level: 'fatal', pretty: false, color: false }),
      file,
      load,
      boot: { source: 'file', loaded },
      lock: await acquireStateLock(join(folder, 'state')),
      remembered: NOTHING_REMEMBERED,
      peerOf: () => null,
      chosen: { choice: { kind: 'proxy', reason: 'configured' }, kernel: null, join: null },
      ha: createHaHost(false),
      socket: join(folder, 'lvsd.sock'),
      socketFolderMode: 0o700,
      stateDir: join(folder, 'state'),
      uid: process.geteuid?.() ?? 0,
    });
    daemon.events.subscribe(({ type, message }) => {
      if (type === 'config-refused' || type === 'service-error' || type === 'server-down') {
        refusals.push(`${type}: ${message}`);
      }
    });
    await daemon.start();
  });

  after(async () => {
    await daemon.close();
    await traffic.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it(`cuts no connection in ${RELOADS} reloads and leaves nothing behind`, async () => {
    assert.ok(!Object.values(mayEndConnections).includes(true), 'the model lets no change end a connection');
    await reloadUnderLoad(WARM_UP_RELOADS);
    const atStart = await settledUsage();
    const madeFirst = await reloadUnderLoad(RELOADS / 2);
    const atHalf = await settledUsage();
    const madeSecond = await reloadUnderLoad(RELOADS / 2);
    const atEnd = await settledUsage();
    console.log({ atStart, atHalf, atEnd }, madeFirst, madeSecond);
    for (const kind of Object.keys(madeFirst) as ChangeKind[])
      assert.ok(madeFirst[kind] + madeSecond[kind] > 0, `no reload had: ${kind}`);
    assert.equal(atEnd.descriptors, atStart.descriptors);
    assert.equal(atEnd.timers, atStart.timers);
    const halves = [atHalf.heapBytes - atStart.heapBytes, atEnd.heapBytes - atHalf.heapBytes];
    const told = `heap ${atStart.heapBytes} bytes, then ${halves.join(' and ')} more`;
    assert.ok(Math.min(...halves) <= atStart.heapBytes * HEAP_GROWTH_OF_BOTH_HALVES, told);
    assert.ok(atEnd.heapBytes <= atStart.heapBytes * (1 + HEAP_GROWTH_OVER_ALL), told);
  });
});
