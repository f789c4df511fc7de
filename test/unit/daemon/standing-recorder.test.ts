import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { StandingRecorder } from '../../../src/daemon/standing-recorder.js';
import { readMarks } from '../../../src/daemon/state/read-marks.js';
import type { ServiceKey } from '../../../src/model/keys.js';
import type { ServiceStanding, Standing } from '../../../src/model/standing.js';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import type { Mark, UnreadableMark } from '../../../src/report/mark.js';
import { FakeClock, settle } from '../../support/fake-clock.js';
import { server, serverKeyOf, service, verdict } from '../../support/models.js';

const [A, B] = ['10.0.0.1:80', '10.0.0.2:80'] as const;
const UID = process.geteuid?.() ?? 0;

const shop = (name = 'shop', names: readonly [string, string] = ['a', 'b']): VirtualService =>
  service(name, '192.0.2.10:80', [server(A, { name: names[0] }), server(B, { name: names[1] })]);
const api = service('api', '192.0.2.20:80', [server(A, { name: 'a' })]);

let stateDir: string;
let clock: FakeClock;
/** What the controller would say, by name. */
let truth: Map<string, Standing>;
let recorders: StandingRecorder[];
let served: readonly VirtualService[];
const unread: string[] = [];

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'lvsd-report-'));
  clock = new FakeClock();
  truth = new Map();
  recorders = [];
  unread.length = 0;
});
afterEach(async () => {
  for (const recorder of recorders) await recorder.close();
  await rm(stateDir, { recursive: true });
});

function standing(key: ServiceKey): ServiceStanding | null {
  const found = served.find((each) => each.key === key);
  if (found === undefined) return null;
  const of = (path: string): Standing => truth.get(path) ?? 'up';
  return {
    standing: of(found.name),
    servers: new Map(found.servers.map(({ name }) => [name, of(`${found.name}/${name}`)])),
  };
}

function recorder(services: readonly VirtualService[] = [shop()]): StandingRecorder {
  served = services;
  const made = new StandingRecorder({
    stateDir,
    uid: UID,
    clock,
    standing,
    onTrouble: () => undefined,
    onUnread: (message) => unread.push(message),
  });
  recorders.push(made);
  made.start(services);
  return made;
}

function follow(to: StandingRecorder, services: readonly VirtualService[]): void {
  served = services;
  to.follow(services);
}

async function marks(): Promise<(Mark | UnreadableMark)[]> {
  const found: (Mark | UnreadableMark)[] = [];
  for await (const mark of readMarks({ stateDir, uid: UID })) found.push(mark);
  return found;
}

/** One word a mark, two of a change. */
async function story(): Promise<string[]> {
  return (await marks()).map((mark) => {
    if (mark.kind === 'change')
      return `${mark.service}${mark.server === null ? '' : `/${mark.server}`} ${mark.standing}`;
    if (mark.kind === 'rename')
      return `${mark.service ?? ''}: ${mark.names.map((pair) => pair.join('->')).join()}`;
    return mark.kind;
  });
}

/** What earlier directors recorded is read, a little each turn: how many it takes is the disk's to say. */
async function addedUp(made: StandingRecorder): Promise<void> {
  while ([...made.samples()].length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(0);
    await settle();
  }
}

describe('StandingRecorder', () => {
  it('says at the start how all stands, and at the end that it stops', async () => {
    truth.set('shop/b', 'down');
    await recorder().close();
    assert.deepEqual(await story(), ['start', 'all', 'stop']);
    const [, all] = await marks();
    assert.ok(all?.kind === 'all');
    assert.deepEqual(
      [...all.standings].map(([name, { standing: own, servers }]) => [name, own, [...servers]]),
      [['shop', 'up', [['a', 'up'], ['b', 'down']]]], // prettier-ignore
    );
  });

  it('writes what differs a moment after it was touched, and nothing else', async () => {
    const made = recorder();
    made.touch('shop');
    clock.advance(50);
    truth.set('shop', 'degraded').set('shop/a', 'down');
    clock.advance(1000);
    made.touch('nobody');
    made.touch('shop');
    clock.advance(50);
    made.touch('shop');
    clock.advance(50);
    await made.close();
    assert.deepEqual(await story(), ['start', 'all', 'shop/a down', 'shop degraded', 'stop']);
    const change = (await marks())[2];
    assert.equal(change?.kind === 'change' && change.wallMs, clock.wallMs() - 50);
  });

  it('looks again when a verdict is not what is recorded, and only then', async () => {
    let asked = 0;
    served = [shop()];
    const made = new StandingRecorder({
      stateDir,
      uid: UID,
      clock,
      standing: (key) => {
        asked++;
        return standing(key);
      },
      onTrouble: () => undefined,
      onUnread: () => undefined,
    });
    recorders.push(made);
    truth.set('shop/b', 'degraded');
    made.start(served);
    const [{ key }] = served as [VirtualService];
    asked = 0;
    made.verdict(key, serverKeyOf(A), verdict('up'));
    made.verdict(key, serverKeyOf(B), verdict('up'));
    made.verdict(key, serverKeyOf(A), { ...verdict('down'), byRole: true });
    clock.advance(100);
    assert.equal(asked, 0);
    truth.set('shop/a', 'unknown');
    made.verdict(key, serverKeyOf(A), verdict('unknown'));
    clock.advance(100);
    assert.equal(asked, 1);
    await made.close();
    assert.deepEqual(await story(), ['start', 'all', 'shop/a unknown', 'stop']);
  });

  it('gives a sign of life each minute without another mark', async () => {
    const made = recorder();
    clock.advance(59_000);
    truth.set('shop', 'down');
    made.touch('shop');
    clock.advance(50);
    clock.advance(59_999);
    clock.advance(1);
    await made.close();
    assert.deepEqual(await story(), ['start', 'all', 'shop down', 'beat', 'stop']);
    assert.equal(clock.pending, 0);
  });

  it('says how all stands after a reload that brings or removes something, and nothing after another', async () => {
    const made = recorder();
    follow(made, [shop()]);
    follow(made, [shop(), api]);
    follow(made, [api]);
    await made.close();
    assert.deepEqual(await story(), ['start', 'all', 'all', 'all', 'stop']);
  });

  it('goes on under a new name at the same address', async () => {
    const made = recorder();
    truth.set('store', 'up');
    follow(made, [shop('store', ['a', 'web-2'])]);
    await made.close();
    assert.deepEqual(await story(), ['start', 'all', ': shop->store', 'store: b->web-2', 'stop']);
  });

  it('does not take a name that moves to another address for a new one', async () => {
    const made = recorder();
    follow(made, [shop('shop', ['b', 'c'])]);
    await made.close();
    assert.deepEqual(await story(), ['start', 'all', 'all', 'stop']);
  });

  it('adds up what earlier directors saw and what this one sees', async () => {
    const first = recorder();
    clock.advance(3000);
    truth.set('shop', 'down').set('shop/a', 'down');
    first.touch('shop');
    clock.advance(50);
    clock.advance(1000);
    await first.close();
    truth.clear();
    clock.advance(5000);
    const second = recorder();
    clock.advance(2950);
    await addedUp(second);
    assert.deepEqual(
      [...second.samples()],
      [
        { service: 'shop', server: null, ratio: 6000 / 7000, failures: 1 },
        { service: 'shop', server: 'a', ratio: 6000 / 7000, failures: 1 },
        { service: 'shop', server: 'b', ratio: 1, failures: 0 },
      ],
    );
    follow(second, [api]);
    assert.deepEqual(
      [...second.samples()].map(({ service: name }) => name),
      ['api', 'api'],
    );
    await second.close();
    assert.deepEqual([...second.samples()], []);
  });

  it('begins anew where the earlier records cannot be read, and says so', async () => {
    const folder = join(stateDir, 'report');
    await writeFile(folder, 'in the way');
    const made = recorder();
    await addedUp(made);
    clock.advance(1000);
    assert.equal(unread.length, 1);
    const lost = 'the availability in the metrics lacks what was recorded there before this start';
    assert.equal(unread[0], `read ${folder}: ENOTDIR: not a directory, scandir '${folder}'; ${lost}`);
    assert.deepEqual(
      [...made.samples()].map(({ ratio }) => ratio),
      [1, 1, 1],
    );
  });
});
