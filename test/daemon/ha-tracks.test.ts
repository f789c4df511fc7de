/** A whole director whose instance depends on things; lvsd-vrrp and what is read of the host are the test's. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Daemon } from '../../src/daemon/daemon.js';
import type { Heartbeat } from '../../src/ha/messages.js';
import type { EventType } from '../../src/model/event.js';
import type { HaStatus } from '../../src/model/ha-status.js';
import { FakeHaHost } from '../support/fake-vrrp.js';
import { DirectorHome, eventOf, freePort, NamedServer } from '../support/test-director.js';

describe('a director whose instance depends on a service, a check, a process and the host', () => {
  let home: DirectorHome;
  let host: FakeHaHost;
  let daemon: Daemon;
  const member = new NamedServer('member');
  const tomcat = new NamedServer('tomcat');
  let listen = 0;
  let memberPort = 0;
  let tomcatPort = 0;

  const write = (weight: number): Promise<void> =>
    home.write(`services:
  - name: shop
    address: 127.0.0.1:${listen}
    servers: [127.0.0.1:${memberPort}]
    check: { type: tcp, interval: 100ms, timeout: 5s, rise: 1, fall: 1 }
ha:
  instances:
    - name: vi
      interface: eth0
      vrid: 51
      priority: 150
      addresses: [192.0.2.10/24]
      track:
        services: [{ service: shop, weight: ${weight} }]
        processes: [nginx]
        checks:
          - name: tomcat
            address: 127.0.0.1:${tomcatPort}
            check: { type: tcp, interval: 100ms, timeout: 5s, rise: 1, fall: 1 }
            weight: -30
          - { name: away, check: { type: file, path: ${home.folder}/away, interval: 100ms, timeout: 5s, rise: 1, fall: 1 } }
          - { name: always, check: { type: exec, command: [/bin/true], interval: 1h } }
        host: { read_only: [/] }
`);

  const beat = (): Heartbeat => {
    const last = host.child.last('heartbeat');
    assert.ok(last);
    return last;
  };
  const status = async (): Promise<HaStatus> =>
    JSON.parse((await home.cli(['ha', 'status', '--json'])).out) as HaStatus;
  const next = (type: EventType) => eventOf(daemon, type, daemon.events.lastSeq);

  before(async () => {
    home = await DirectorHome.create();
    [listen, memberPort, tomcatPort] = [
      await freePort(),
      (await member.listen()).port,
      (await tomcat.listen()).port,
    ];
    await write(-50);
    host = new FakeHaHost();
    host.tracked.running.set(7, { name: 'nginx' });
    daemon = await home.start({ ha: host });
    host.child.say({ kind: 'ready', shortcomings: [] });
  });
  after(async () => {
    await home.close();
    await member.close();
    await tomcat.close();
  });

  it('lets it wait until all is known, from before it is configured on', async () => {
    const [first, second] = host.child.heard;
    assert.deepEqual(first, {
      kind: 'heartbeat',
      programmed: true,
      tracks: [{ instance: 'vi', faults: [], weight: 0, waits: true }],
    });
    assert.equal(second?.kind, 'configure');
    while (beat().tracks.length > 0) await setImmediate();
    assert.deepEqual(
      (await status()).tracks.map(({ kind, name, state, weight }) => `${kind} ${name} ${state} ${weight}`),
      [
        'service shop good -50',
        'process nginx good null',
        'check tomcat good -30',
        'check away good null',
        'check always good null',
        'host read_only / good null',
      ],
    );
  });

  it('tells that a check fails', async () => {
    const failed = next('track-failed');
    await tomcat.close();
    const event = await failed;
    assert.equal(event.instance, 'vi');
    assert.match(
      event.message,
      /^vi: check tomcat: connect .*: ECONN(REFUSED|RESET); its priority is lowered by 30$/,
    );
    assert.deepEqual(beat().tracks, [{ instance: 'vi', faults: [], weight: -30, waits: false }]);
  });

  it('tells that a service has lost its quorum, and keeps both through a reload', async () => {
    const failed = next('track-failed');
    await member.close();
    assert.match((await failed).message, /^vi: service shop: it has lost its quorum; .*by 50$/);
    assert.deepEqual(beat().tracks, [{ instance: 'vi', faults: [], weight: -80, waits: false }]);
    const before = (await status()).tracks;
    await write(-60);
    const { code, out } = await home.cli(['reload']);
    assert.equal(code, 0, out);
    assert.deepEqual(beat().tracks, [{ instance: 'vi', faults: [], weight: -90, waits: false }]);
    const after = (await status()).tracks;
    assert.deepEqual(
      after.map(({ state, sinceMs }) => ({ state, sinceMs })),
      before.map(({ state, sinceMs }) => ({ state, sinceMs })),
    );
  });

  it('tells that a process has ended, as a fault', async () => {
    const failed = next('track-failed');
    host.tracked.running.delete(7);
    assert.match((await failed).message, /process nginx: no process has that name; the instance is in fault/);
    assert.deepEqual(beat().tracks[0]?.faults, ['process nginx: no process has that name']);
  });

  it('tells of each that is well again, and shows it', async () => {
    const recovered: string[] = [];
    const end = daemon.events.subscribe(({ type, message }) => {
      if (type === 'track-recovered') recovered.push(message.split(':')[1] ?? '');
    });
    host.tracked.running.set(8, { name: 'nginx' });
    await tomcat.listen(tomcatPort);
    await member.listen(memberPort);
    while (beat().tracks.length > 0) await setImmediate();
    end();
    assert.deepEqual(recovered.sort(), [' check tomcat', ' process nginx', ' service shop']);
    assert.match((await home.cli(['ha', 'status'])).out, /process nginx .*pid 8/);
  });

  it('goes by a file, of which nobody is asked', async () => {
    const failed = next('track-failed');
    await writeFile(join(home.folder, 'away'), '');
    assert.match((await failed).message, /^vi: check away: .*; the instance is in fault$/);
    const recovered = next('track-recovered');
    await rm(join(home.folder, 'away'));
    await recovered;
    assert.deepEqual(beat().tracks, []);
  });

  it('says nothing of a check to the table, and counts its probes by its instance', async () => {
    assert.doesNotMatch((await home.cli(['status'])).out, /tomcat/);
    const answer = await fetch(`http://${daemon.adminAddress ?? ''}/metrics`);
    assert.match(await answer.text(), /service="track:vi",server="tomcat"/);
  });
});
