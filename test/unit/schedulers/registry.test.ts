import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createScheduler,
  isSchedulerName,
  schedulerFlagsOf,
  schedulerNames,
  SchedulerError,
} from '../../../schedulers/index.js';
import { flagsOf, SCHEDULER_NAMES } from '../../../src/model/scheduler-names.js';
import { makeFlow, makeServer, pickNames } from './make.js';

describe('createScheduler', () => {
  it('makes every scheduler that a configuration may name, with the same flags', () => {
    assert.deepEqual([...schedulerNames].sort(), [...SCHEDULER_NAMES].sort());
    for (const name of schedulerNames) {
      assert.deepEqual([...schedulerFlagsOf(name)].sort(), [...flagsOf(name)].sort());
      assert.equal(createScheduler(name, { flags: schedulerFlagsOf(name) }).pick(makeFlow(), 0), null);
    }
  });

  it('refuses an unknown name and lists the known', () => {
    assert.throws(
      () => createScheduler('twos'),
      (error) =>
        error instanceof SchedulerError &&
        error instanceof RangeError &&
        error.code === 'ERR_SCHEDULER_NAME' &&
        error.message.includes('wlc'),
    );
    for (const name of ['', 'RR', 'constructor', 'toString']) assert.equal(isSchedulerName(name), false);
  });

  it('refuses flags of another scheduler', () => {
    for (const [name, flag] of [
      ['rr', 'sh-port'],
      ['sh', 'mh-port'],
      ['mh', 'sh-fallback'],
      ['mh', ''],
    ] as const) {
      assert.throws(() => createScheduler(name, { flags: [flag] }), { code: 'ERR_SCHEDULER_FLAG' });
    }
  });

  const outOfRange: readonly object[] = [
    { shTableBits: 3 },
    { shTableBits: 21 },
    { shTableBits: 8.5 },
    { mhTableIndex: 7 },
    { mhTableIndex: 18 },
    { mhTableIndex: NaN },
    { expirationMs: -1 },
    { expirationMs: Infinity },
    { expirationMs: '1' },
    { generation: 'newest' },
  ];
  for (const options of outOfRange) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => createScheduler('rr', options), {
        code: 'ERR_SCHEDULER_OPTION',
      });
    });
  }

  it('takes the ends of each range', () => {
    for (const options of [
      { shTableBits: 4, mhTableIndex: 8, expirationMs: 0 },
      { shTableBits: 20, mhTableIndex: 17 },
    ]) {
      for (const name of ['sh', 'mh', 'lblcr']) {
        const scheduler = createScheduler(name, options);
        scheduler.added(makeServer('A'));
        assert.equal(pickNames(scheduler, 1), 'A');
      }
    }
  });
});

describe('mh', () => {
  it('deals by the last weight when bound to a server that was quiesced before', () => {
    const quiesced = makeServer('A', { weight: 0, lastWeight: 1 });
    const scheduler = createScheduler('mh');
    scheduler.bind?.([makeServer('B'), quiesced]);
    const names = Array.from({ length: 40 }, (_, host) =>
      pickNames(scheduler, 1, makeFlow({ source: `10.0.0.${host}` })),
    );
    assert.ok(names.includes('-'), 'slots of the quiesced server answer nobody');
  });

  it('keeps the last table when the list outgrows it', () => {
    const scheduler = createScheduler('mh', { mhTableIndex: 8 });
    const servers = Array.from({ length: 252 }, (_, index) =>
      makeServer('A', { address: `10.9.${index >> 7}.${index & 127}` }),
    );
    for (const server of servers) scheduler.added(server);
    const seen = new Set(
      Array.from({ length: 20000 }, (_, n) =>
        scheduler.pick(makeFlow({ source: `10.${n >> 14}.${(n >> 7) & 127}.${n & 127}` }), 0),
      ),
    );
    assert.equal(seen.has(servers[251] ?? null), false);
    assert.equal(seen.size, 251);
  });
});
