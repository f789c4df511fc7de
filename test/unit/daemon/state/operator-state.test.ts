import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  NO_OPERATOR_STATE,
  operatorStateFormat,
  type OperatorState,
} from '../../../../src/daemon/state/operator-state.js';
import { decodeState, encodeState, type StateReading } from '../../../../src/daemon/state/state-file.js';
import type { DrainOrder } from '../../../../src/model/drain.js';
import type { ServerKey, ServiceKey } from '../../../../src/model/keys.js';
import { FakeClock } from '../../../support/fake-clock.js';

const service = 'tcp:192.0.2.1:80' as ServiceKey;
const a = '10.0.0.1:80' as ServerKey;
const b = '__proto__' as ServerKey;
const clock = new FakeClock();

const state: OperatorState = {
  weights: new Map([
    [
      service,
      new Map([
        [a, { weight: 0, by: 'uid 0' }],
        [b, { weight: 65535, by: '' }],
      ]),
    ],
  ]),
  drains: new Map([
    [
      service,
      new Map<ServerKey, DrainOrder>([
        [a, { by: 'anna', sinceMs: 5, deadlineMs: null, purpose: 'drain', end: null }],
        [
          b,
          {
            by: 'anna',
            sinceMs: 5,
            deadlineMs: 9.5,
            purpose: 'maintenance',
            end: { cause: 'deadline', atMs: 10, connectionsCut: 3 },
          },
        ],
      ]),
    ],
  ]),
  maintenance: new Map([[service, new Map([[b, { by: 'anna', sinceMs: 1.5, reason: 'new disks' }]])]]),
};

async function roundTrip(written: OperatorState): Promise<StateReading<OperatorState>> {
  const bytes = Buffer.concat(await encodeState(operatorStateFormat, written, clock));
  return decodeState(operatorStateFormat, bytes, '/s/operator.json');
}

describe('operator state', () => {
  it('gives back every order, by service and server', async () => {
    assert.deepEqual(await roundTrip(state), { kind: 'read', content: state });
  });

  it('may be empty', async () => {
    assert.deepEqual(await roundTrip(NO_OPERATOR_STATE), { kind: 'read', content: NO_OPERATOR_STATE });
  });

  it('forgets services whose servers have no order left', async () => {
    const written = { ...NO_OPERATOR_STATE, weights: new Map([[service, new Map()]]) };
    assert.deepEqual(await roundTrip(written), { kind: 'read', content: NO_OPERATOR_STATE });
  });

  it('reads orders from before they had an end, a purpose and a reason', () => {
    const former = [{ service, servers: [[a, { by: 'anna', sinceMs: 5, deadlineMs: 9 }]] }];
    const maintained = [{ service, servers: [[a, { by: 'anna', sinceMs: 5 }]] }];
    const read = operatorStateFormat.schema.parse({ weights: [], drains: former, maintenance: maintained });
    assert.deepEqual(read.drains.get(service)?.get(a), {
      by: 'anna',
      sinceMs: 5,
      deadlineMs: 9,
      purpose: 'drain',
      end: null,
    });
    assert.equal(read.maintenance.get(service)?.get(a)?.reason, '');
  });

  for (const weight of [-1, 65536, 0.5, Number.NaN]) {
    it(`does not believe a weight of ${weight}`, async () => {
      const weights = new Map([[service, new Map([[a, { weight, by: 'x' }]])]]);
      const reading = await roundTrip({ ...state, weights });
      assert.equal(reading.kind === 'void' && reading.cause, 'damaged');
    });
  }

  it('is void as a whole when it was cut off after any byte', async () => {
    const whole = Buffer.concat(await encodeState(operatorStateFormat, state, clock));
    for (let length = 0; length < whole.length; length++) {
      const reading = decodeState(operatorStateFormat, whole.subarray(0, length), '/s');
      assert.equal(reading.kind, 'void', `${length} bytes`);
    }
  });
});
