/** Servers that flap: no rhythm passes the guard of rise and fall, and what does not pass it never reaches the table. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../support/random.js';
import type { Behaviour } from '../../support/health-rig.js';
import { Chain, type BehaveByName } from './support/chain.js';
import { fileOf, onlyA, scripted, type Fault, type FaultTheme } from './support/fault.js';

/** `a` meets one result after the other at its probes, again and again: `+` well, `-` refused, `t` silence. */
function rhythm(signs: string, everyMs = 2000): BehaveByName {
  const meets: Readonly<Record<string, Behaviour>> = { '+': 'well', '-': 'refused', t: 'silent' };
  return (name, nowMs) =>
    (name === 'a' ? meets[signs[Math.floor(nowMs / everyMs) % signs.length] ?? ''] : undefined) ?? 'well';
}

/** The service has only `a` and a backup, so that each change of the verdict would be a change of who serves. */
const ALONE = { servers: 'a', backups: 'x' };
const TCP = { type: 'tcp' };
const minutes = (chain: Chain): Promise<void> => chain.until(120_000);

export const flapping: FaultTheme = {
  theme: 'a server that flaps',
  faults: [
    scripted({ name: 'every second probe fails', ...ALONE, behave: rhythm('+-'), during: minutes, want: [] }),
    scripted({ name: 'two of three fail', ...ALONE, behave: rhythm('+--'), during: minutes, want: [] }),
    scripted({
      name: 'one of nine fails',
      ...ALONE,
      behave: rhythm('++++++++-'),
      during: minutes,
      want: [],
    }),
    scripted({
      name: 'silence and refusal in turn, a good one after two',
      ...ALONE,
      behave: rhythm('+t-'),
      during: minutes,
      want: [],
    }),
    scripted({
      name: 'it is well whenever it is looked at',
      ...ALONE,
      behave: onlyA('well'),
      during: minutes,
      want: [],
    }),
    scripted({
      name: 'a rhythm beside that of the probes, which makes a whole row now and then: that one counts',
      ...ALONE,
      behave: rhythm('++-', 700),
      during: (chain) => chain.until(50_000),
      want: [
        '6.0s a: up -> down: refused',
        '6.0s quorum-lost: healthy weight 0, needed 1',
        '6.0s service-on-backup: no quorum (healthy weight 0, needed 1): the backup pool standby serves',
        '6.0s serving x',
        '18.0s a: down -> up: connected',
        '18.0s quorum-reached: healthy weight 1, needed 1',
        '18.0s service-restored: healthy servers serve with quorum again',
        '18.0s serving a',
        '48.0s a: up -> down: refused',
        '48.0s quorum-lost: healthy weight 0, needed 1',
        '48.0s service-on-backup: no quorum (healthy weight 0, needed 1): the backup pool standby serves',
        '48.0s serving x',
      ],
    }),
    scripted({
      name: 'fall 5: four failures in five',
      ...ALONE,
      service: { check: { ...TCP, fall: 5 } },
      behave: rhythm('+----'),
      during: minutes,
      want: [],
    }),
    scripted({
      name: 'a fast interval sees more of the same flapping, and needs its row all the same',
      ...ALONE,
      service: { check: { ...TCP, fast_interval: '200ms' } },
      behave: rhythm('+-', 300),
      during: minutes,
      want: [],
    }),
    scripted({
      name: 'two checks that flap in turn: each has its own row',
      ...ALONE,
      service: {
        checks: [
          { ...TCP, fall: 2 },
          { ...TCP, port: 81, fall: 2 },
        ],
      },
      behave: (name, nowMs, port) =>
        name === 'a' && Math.floor(nowMs / 2000) % 2 === (port === 81 ? 1 : 0) ? 'refused' : 'well',
      during: minutes,
      want: ['0.0s x: unknown -> up: 2 of 2 checks good', '2.0s a: unknown -> up: 2 of 2 checks good'],
    }),
    scripted({
      name: 'three of four fail: it is out with the first row, and stays out',
      ...ALONE,
      behave: rhythm('+---'),
      during: minutes,
      want: [
        '6.0s a: up -> down: refused',
        '6.0s quorum-lost: healthy weight 0, needed 1',
        '6.0s service-on-backup: no quorum (healthy weight 0, needed 1): the backup pool standby serves',
        '6.0s serving x',
      ],
    }),
    scripted({
      name: 'it fails and is well for as long as it takes: it follows, each time by a whole row',
      ...ALONE,
      behave: rhythm('++---'),
      during: (chain) => chain.until(19_000),
      want: [
        '8.0s a: up -> down: refused',
        '8.0s quorum-lost: healthy weight 0, needed 1',
        '8.0s service-on-backup: no quorum (healthy weight 0, needed 1): the backup pool standby serves',
        '8.0s serving x',
        '12.0s a: down -> up: connected',
        '12.0s quorum-reached: healthy weight 1, needed 1',
        '12.0s service-restored: healthy servers serve with quorum again',
        '12.0s serving a',
        '18.0s a: up -> down: refused',
        '18.0s quorum-lost: healthy weight 0, needed 1',
        '18.0s service-on-backup: no quorum (healthy weight 0, needed 1): the backup pool standby serves',
        '18.0s serving x',
      ],
    }),
    scripted({
      name: 'a server that is down and flaps stays out: no two good results in a row',
      ...ALONE,
      behave: (name, nowMs, port) => (nowMs < 6000 ? onlyA('refused', 0) : rhythm('+-'))(name, nowMs, port),
      during: minutes,
      want: [
        '4.0s a: unknown -> down: refused',
        '4.0s quorum-lost: healthy weight 0, needed 1',
        '4.0s service-on-backup: no quorum (healthy weight 0, needed 1): the backup pool standby serves',
        '4.0s serving x',
      ],
    }),
    scripted({
      name: 'rise 5: a server that is down comes back by five good results in a row',
      ...ALONE,
      service: { check: { ...TCP, rise: 5 } },
      behave: (name, nowMs, port) =>
        (nowMs < 6000 ? onlyA('refused', 0) : nowMs < 60_000 ? rhythm('++++-') : onlyA('well'))(
          name,
          nowMs,
          port,
        ),
      during: minutes,
      want: [
        '4.0s a: unknown -> down: refused',
        '4.0s quorum-lost: healthy weight 0, needed 1',
        '4.0s service-on-backup: no quorum (healthy weight 0, needed 1): the backup pool standby serves',
        '4.0s serving x',
        '68.0s a: down -> up: connected',
        '68.0s quorum-reached: healthy weight 1, needed 1',
        '68.0s service-restored: healthy servers serve with quorum again',
        '68.0s serving a',
      ],
    }),
    randomRhythms(),
  ],
};

/** Whatever a server does: each event has its row of results behind it. */
function randomRhythms(): Fault {
  return {
    name: 'at random, by any rise and fall: each change has its whole row behind it',
    run: async () => {
      for (let seed = 1; seed <= 15; seed++) {
        const random = seededRandom(seed);
        const [rise, fall, wellShare] = [random.int(1, 4), random.int(1, 5), 0.2 + 0.6 * random.next()];
        await randomRhythm({ rise, fall }, () => random.chance(wellShare));
      }
    },
  };
}

async function randomRhythm(
  { rise, fall }: { readonly rise: number; readonly fall: number },
  isWell: () => boolean,
): Promise<void> {
  const seen: boolean[] = [];
  const behave: BehaveByName = (name) => {
    if (name !== 'a') return 'well';
    seen.push(isWell());
    return seen.at(-1) === true ? 'well' : 'refused';
  };
  const file = fileOf({ ...ALONE, service: { check: { ...TCP, rise, fall } } });
  const chain = await Chain.begin(file, { behave });
  let told = chain.story.length;
  for (let sec = 0; sec < 40; sec += 2) {
    await chain.until(sec * 1000);
    const changes = chain.story.slice(told).filter((line) => / a: (.* -> down|down -> up):/.test(line));
    told = chain.story.length;
    for (const change of changes) {
      const [row, good] = change.includes('-> down') ? [fall, false] : [rise, true];
      const last = seen.slice(-row);
      assert.ok(last.length === row && last.every((well) => well === good), `${change}: ${seen.join()}`);
    }
    assert.equal(chain.serving, servesAfter(seen, { rise, fall }) ? 'a' : 'x');
  }
  assert.deepEqual(await chain.end(), [0, 0]);
}

/** Counted anew from the beginning, by the words of the documentation. */
function servesAfter(seen: readonly boolean[], { rise, fall }: { rise: number; fall: number }): boolean {
  let up = true;
  let row = 0;
  for (const good of seen) {
    row = good === up ? 0 : row + 1;
    if (row < (up ? fall : rise)) continue;
    up = !up;
    row = 0;
  }
  return up;
}
