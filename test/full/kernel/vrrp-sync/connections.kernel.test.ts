/** Connections through two directors: with the sync daemons on they outlive the active one; without, they do not. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { hold, type HeldConnection } from '../../../kernel/lab/clients.js';
import { directServer, examplePlug, ModeLab, takeOnLoopback } from '../../../kernel/lab/mode-lab.js';
import { until } from '../../../kernel/support/until.js';

const NAT_VIP = '192.0.2.10';
const DR_VIP = '192.0.2.11';
const GATEWAY = '10.0.1.254';
const INSTANCE = 'vi_shop';
const ADDRESSES = [NAT_VIP, DR_VIP, GATEWAY];
/** Half of them by NAT, half by DR. */
const CONNECTIONS = 200;
/** The kernel tells of a connection at its third packet: three lines and their acknowledgements are more. */
const LINES = 3;

const service = (name: string, address: string, servers: readonly string[]) => ({
  name,
  address: `${address}:80`,
  scheduler: 'rr',
  check: { type: 'none' },
  servers,
});

function fileOf(priority: number, syncDaemon: object | null) {
  return {
    services: [
      service('nat', NAT_VIP, ['10.0.1.11:80', '10.0.1.12:80']),
      { ...service('dr', DR_VIP, ['192.0.2.21', '192.0.2.22']), forwarding: 'dr' },
    ],
    ha: {
      instances: [
        {
          name: INSTANCE,
          interface: 'eth0',
          vrid: 51,
          priority,
          advertise: '100ms',
          addresses: [`${NAT_VIP}/24`, `${DR_VIP}/24`, { address: `${GATEWAY}/24`, interface: 'eth1' }],
        },
      ],
      ...(syncDaemon === null ? {} : { sync_daemon: syncDaemon }),
    },
  };
}

function createLab(syncDaemon: object | null): ModeLab {
  const director = (host: number, priority: number) => ({
    plugs: [examplePlug('outer', 'eth0', host), examplePlug('inner', 'eth1', host)],
    file: fileOf(priority, syncDaemon),
  });
  const natServer = (name: string, host: number) => ({
    name,
    plugs: [examplePlug('inner', 'eth0', host)],
    routes: [`default via ${GATEWAY}`],
  });
  return new ModeLab({
    segments: ['outer', 'inner'],
    directors: { first: director(1, 150), second: director(2, 100) },
    hosts: [
      { name: 'client', plugs: [examplePlug('outer', 'eth0', 200)] },
      natServer('rs1', 11),
      natServer('rs2', 12),
      directServer('rs3', 21),
      directServer('rs4', 22),
    ],
    addresses: ADDRESSES,
    director: { dataplane: 'kernel', resync: '1s' },
  });
}

async function start(lab: ModeLab): Promise<void> {
  for (const name of ['rs3', 'rs4']) takeOnLoopback(lab.network.host(name), [DR_VIP]);
  for (const name of ['rs1', 'rs2', 'rs3', 'rs4']) await lab.serve(name, 80);
  await lab.owners.after('both are started', () => lab.startAll(), owned('first'));
  await lab.untilBackup('second', INSTANCE);
}

const owned = (name: string) => Object.fromEntries(ADDRESSES.map((address) => [address, name]));

/** As the administrator sees them: `master eth1 51`. */
function daemonsOf(lab: ModeLab, name: string): string[] {
  const text = lab.network.host(name).shell('ipvsadm -L --daemon');
  return [...text.matchAll(/^(master|backup) sync daemon \(mcast=(\S+), syncid=(\d+)/gm)].map(
    ([, role, link, id]) => `${role} ${link} ${id}`,
  );
}

function connectionsAt(lab: ModeLab, name: string): number {
  const table = lab.network.host(name).within(() => readFileSync('/proc/thread-self/net/ip_vs_conn', 'utf8'));
  return table.split('\n').filter((line) => line.includes('ESTABLISHED')).length;
}

async function holdAll(lab: ModeLab, count: number): Promise<HeldConnection[]> {
  const client = { name: 'client', namespace: lab.network.host('client'), address: { 4: '', 6: '' } };
  const all: HeldConnection[] = [];
  for (let index = 0; index < count; index++) {
    const address = index % 2 === 0 ? NAT_VIP : DR_VIP;
    const held = await hold(client, { protocol: 'tcp', address, port: 80 });
    for (let line = 0; line < LINES; line++) await held.echo(100);
    all.push(held);
  }
  return all;
}

async function countAlive(all: readonly HeldConnection[]): Promise<number> {
  const answers = await Promise.allSettled(all.map((held) => held.echo(1000)));
  return answers.filter(({ status }) => status === 'fulfilled').length;
}

describe('connections through a director that dies', { timeout: 280_000 }, () => {
  let lab: ModeLab;
  let held: HeldConnection[] = [];
  after(async () => {
    for (const connection of held) connection.reset();
    await lab.close();
  });

  it('live on with the sync daemons of lvsd, and again when it comes back', async () => {
    lab = createLab({ interface: 'eth1', follow: INSTANCE });
    await start(lab);
    assert.deepEqual(
      [daemonsOf(lab, 'first'), daemonsOf(lab, 'second')],
      [['master eth1 51'], ['backup eth1 51']],
    );
    // Whoever looks for changes of others does not find what lvsd has only just begun.
    for (const name of ['first', 'second'])
      assert.ok(!lab.director(name).lines.some((line) => line.includes('drift-found')));
    held = await holdAll(lab, CONNECTIONS);
    await until('the standby knows every connection', 60, () => connectionsAt(lab, 'second') >= CONNECTIONS);

    await lab.owners.after('the active one is lost', () => lab.lose('first'), owned('second'));
    assert.equal(await countAlive(held), CONNECTIONS);
    await until('the daemon follows', 10, () => daemonsOf(lab, 'second').join() === 'master eth1 51');
    assert.deepEqual([...new Set(held.map(({ seen }) => seen.server))].sort(), ['rs1', 'rs2', 'rs3', 'rs4']);
  });

  it('are told of by a daemon that is repaired when somebody else stops it', async () => {
    const second = lab.network.host('second');
    second.shell('ipvsadm --stop-daemon master');
    await until('it runs again', 20, () => daemonsOf(lab, 'second').join() === 'master eth1 51');
    await until('it has told so', 10, () =>
      lab.director('second').lines.some((line) => line.includes('somebody else changed the sync daemons')),
    );
  });

  it('stay with a director that is stopped as a backup, and the one that goes on tells', async () => {
    await lab.owners.after('it is back', () => lab.bringBack('first'), owned('first'));
    await until('the daemons follow', 20, () => {
      const [one, other] = [daemonsOf(lab, 'first'), daemonsOf(lab, 'second')];
      return one.join() === 'master eth1 51' && other.join() === 'backup eth1 51';
    });
    await lab.owners.after(
      'the active one is stopped',
      () => lab.director('first').end('SIGTERM'),
      owned('second'),
    );
    await until('the daemons follow', 20, () => daemonsOf(lab, 'second').join() === 'master eth1 51');
    assert.deepEqual(daemonsOf(lab, 'first'), ['backup eth1 51']);
  });

  it('end without them', async () => {
    for (const connection of held) connection.reset();
    await lab.close();
    lab = createLab(null);
    await start(lab);
    held = await holdAll(lab, 20);
    assert.equal(connectionsAt(lab, 'second'), 0);
    await lab.owners.after('the active one is lost', () => lab.lose('first'), owned('second'));
    assert.equal(await countAlive(held), 0);
  });
});
