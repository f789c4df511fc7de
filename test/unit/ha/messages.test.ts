import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  MessageError,
  parseFromVrrp,
  parseToVrrp,
  type FromVrrp,
  type ToVrrp,
} from '../../../src/ha/messages.js';
import { vip, vrrpInstance } from '../../support/vrrp-instance.js';

const INSTANCE = vrrpInstance({
  peers: ['10.0.0.2'],
  password: 'geheim',
  group: 'both',
  addresses: [vip('192.0.2.10/24', { label: 'eth0:shop' })],
  heartbeat: [{ interface: 'eth1', peer: '10.9.0.2' }],
  trackedInterfaces: [
    { interface: 'eth1', weight: null },
    { interface: 'eth2', weight: -20 },
  ],
});
const CONFIGURE: ToVrrp = {
  kind: 'configure',
  instances: [INSTANCE],
  onCrash: 'release',
  stallLimitMs: 30_000,
  witness: ['192.0.2.1'],
};
const toVrrp: readonly ToVrrp[] = [
  CONFIGURE,
  {
    kind: 'heartbeat',
    programmed: true,
    tracks: [{ instance: 'vi', faults: ['process nginx does not run'], weight: -20, waits: false }],
  },
  { kind: 'order', id: 7, verb: 'takeover', instance: 'vi' },
  { kind: 'stop' },
];
const fromVrrp: readonly FromVrrp[] = [
  { kind: 'ready', shortcomings: ['no SCHED_RR'] },
  {
    kind: 'roles',
    roles: [
      {
        instance: 'vi_shop',
        state: 'backup',
        sinceMs: 1_700_000_000_000.5,
        reason: 'started',
        priority: 150,
        released: true,
        peer: { address: '10.0.0.2', priority: 200 },
        held: [],
        lines: [{ interface: 'eth1', peer: '10.9.0.2', state: 'silent', reason: 'cut', sinceMs: 5.5 }],
        counters: { sent: 3, 'drop.bad-checksum': 1 },
      },
    ],
  },
  { kind: 'transition', instance: 'vi_shop', from: 'backup', to: 'active', atMs: 1, reason: 'silence' },
  { kind: 'split', instance: 'vi', phase: 'begun', peer: { address: '10.0.0.2', priority: 50 }, atMs: 2 },
  { kind: 'order-end', id: 7, error: null, gapMs: 12.5 },
  { kind: 'problem', instance: null, message: 'add 192.0.2.10: no such interface' },
];

function faultOf(act: () => unknown): MessageError {
  try {
    act();
  } catch (thrown) {
    assert.ok(thrown instanceof MessageError, String(thrown));
    assert.equal(thrown.code, 'ERR_VRRP_MESSAGE');
    return thrown;
  }
  return assert.fail('it was understood');
}

/** What comes out of the other end of the channel. */
const carried = (message: unknown): unknown => JSON.parse(JSON.stringify(message));

describe('messages of lvsd-vrrp', () => {
  it('arrive as they were sent', () => {
    for (const message of toVrrp) assert.deepEqual(parseToVrrp(carried(message)), message);
    for (const message of fromVrrp) assert.deepEqual(parseFromVrrp(carried(message)), message);
  });

  it('are understood though a newer version says more', () => {
    const beat = { kind: 'heartbeat', programmed: false, tracks: [], services: [] };
    assert.deepEqual(parseToVrrp(beat), { kind: 'heartbeat', programmed: false, tracks: [] });
  });

  it('are refused by the place of the fault, without the value', () => {
    const wrong = { ...CONFIGURE, instances: [{ ...INSTANCE, vrid: 256 }] };
    assert.match(
      faultOf(() => parseToVrrp(wrong)).message,
      /^read message of lvsd-vrrp: message\.instances\[0\]\.vrid: expected a number from 1 to 255, got 256$/,
    );
    const secret = { ...CONFIGURE, instances: [{ ...INSTANCE, password: ['geheim'] }] };
    const { message } = faultOf(() => parseToVrrp(secret));
    assert.match(message, /instances\[0\]\.password: expected a string, got an array/);
    assert.doesNotMatch(message, /geheim/);
    assert.match(faultOf(() => parseToVrrp({ kind: 'ready' })).message, /kind: expected one of configure/);
    assert.match(faultOf(() => parseFromVrrp({ kind: 'stop' })).message, /kind: expected one of ready/);
  });

  it('are missed field by field', () => {
    const check = (parse: (value: unknown) => unknown, message: object): void => {
      for (const name of Object.keys(message)) {
        const rest = Object.fromEntries(Object.entries(message).filter(([each]) => each !== name));
        assert.match(faultOf(() => parse(rest)).message, new RegExp(`\\.${name}: missing`));
      }
    };
    for (const message of toVrrp) check(parseToVrrp, message);
    for (const message of fromVrrp) check(parseFromVrrp, message);
    const instances = Object.keys(INSTANCE).map((name) => ({ ...INSTANCE, [name]: undefined }));
    for (const instance of instances)
      faultOf(() => parseToVrrp(carried({ ...CONFIGURE, instances: [instance] })));
  });

  it('never fail otherwise, whatever comes', () => {
    const kinds = [...toVrrp, ...fromVrrp].map(({ kind }) => kind);
    const value = fc.oneof(
      fc.anything(),
      fc.record({ kind: fc.constantFrom(...kinds), instances: fc.anything(), roles: fc.anything() }),
      fc
        .constantFrom(...[...toVrrp, ...fromVrrp])
        .chain((message) =>
          fc
            .tuple(fc.constantFrom(...Object.keys(message)), fc.anything())
            .map(([name, other]) => ({ ...message, [name]: other })),
        ),
    );
    fc.assert(
      fc.property(value, (message) => {
        for (const parse of [parseToVrrp, parseFromVrrp]) {
          try {
            parse(message);
          } catch (thrown) {
            assert.ok(thrown instanceof MessageError, String(thrown));
          }
        }
      }),
    );
  });
});
