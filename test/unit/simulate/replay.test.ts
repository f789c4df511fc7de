import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generationOfKernel } from '../../../src/model/kernel-generation.js';
import { replayTrace } from '../../../src/simulate/replay.js';
import { parseTrace } from '../../../src/simulate/trace.js';

const A = { address: '10.2.0.1', port: 80, weight: 1, uThreshold: 0, lThreshold: 0 };
const B = { address: '10.2.0.2', port: 80, weight: 1, uThreshold: 0, lThreshold: 0 };
const NAME_A = '10.2.0.1:80';
const NAME_B = '10.2.0.2:80';

/** A made-up recording of rr over A and B. */
function recording(steps: readonly object[], fields: object = {}): ReturnType<typeof parseTrace> {
  return parseTrace(
    JSON.stringify({
      name: 'made-up',
      kernel: 'Linux 6.1.176',
      family: 'inet',
      scheduler: 'rr',
      flags: '',
      sysctl: {},
      service: { protocol: 'tcp', address: '10.0.0.1', port: 80 },
      persistence: null,
      destinations: [A, B],
      kernelListOrder: [NAME_B, NAME_A],
      steps,
      ...fields,
    }),
  );
}

function open(chosen: string | null, counts: object, client = '10.3.0.1'): object {
  return {
    op: 'open',
    conn: 1,
    client: { addr: client, port: 20001 },
    vip: { addr: '10.0.0.1', port: 80 },
    chosen,
    counts,
  };
}

describe('replayTrace', () => {
  it('goes on after a difference and keeps the first', () => {
    const result = replayTrace(
      recording([
        open(NAME_B, { [NAME_B]: [1, 0], [NAME_A]: [0, 0] }),
        open(NAME_B, { [NAME_B]: [2, 0], [NAME_A]: [0, 0] }),
        open(NAME_B, { [NAME_B]: [3, 0], [NAME_A]: [0, 0] }),
        open(null, { [NAME_B]: [3, 0], [NAME_A]: [0, 0] }),
      ]),
    );
    assert.deepEqual([result.matched, result.choices], [2, 4]);
    assert.equal(result.firstDifference?.step, 1);
    assert.equal(result.firstDifference.expected, NAME_B);
    assert.equal(result.firstDifference.got, NAME_A);
    assert.deepEqual(
      result.firstDifference.servers.map(({ name, activeConnections }) => [name, activeConnections]),
      [
        [NAME_B, 1],
        [NAME_A, 0],
      ],
    );
  });

  it('compares the order of the list', () => {
    assert.equal(replayTrace(recording([], { kernelListOrder: [NAME_A, NAME_B] })).firstDifference?.step, -1);
    const step = { op: 'advance', seconds: 1, counts: { [NAME_A]: [0, 0], [NAME_B]: [0, 0] } };
    assert.equal(replayTrace(recording([step])).firstDifference?.about, 'list order');
  });

  it('lets a removed server end connections and come back without its flag', () => {
    const limited = { ...B, uThreshold: 2, lThreshold: 2 };
    const result = replayTrace(
      recording(
        [
          open(NAME_B, { [NAME_B]: [1, 0], [NAME_A]: [0, 0] }),
          open(NAME_A, { [NAME_B]: [1, 0], [NAME_A]: [1, 0] }),
          open(NAME_B, { [NAME_B]: [2, 0], [NAME_A]: [1, 0] }),
          open(NAME_A, { [NAME_B]: [2, 0], [NAME_A]: [2, 0] }),
          open(NAME_A, { [NAME_B]: [2, 0], [NAME_A]: [3, 0] }),
          {
            op: 'close',
            conn: 1,
            server: NAME_B,
            how: 'rst',
            counts: { [NAME_B]: [1, 1], [NAME_A]: [3, 0] },
          },
          { op: 'del', dest: { address: B.address, port: B.port }, counts: { [NAME_A]: [3, 0] } },
          { op: 'advance', seconds: 12, counts: { [NAME_A]: [3, 0] } },
          { op: 'add', dest: limited, counts: { [NAME_B]: [1, 0], [NAME_A]: [3, 0] } },
          open(NAME_B, { [NAME_B]: [2, 0], [NAME_A]: [3, 0] }),
          open(NAME_A, { [NAME_B]: [2, 0], [NAME_A]: [4, 0] }),
          open(NAME_A, { [NAME_B]: [2, 0], [NAME_A]: [5, 0] }),
        ],
        { destinations: [A, limited] },
      ),
    );
    assert.equal(result.firstDifference, null);
    assert.equal(result.matched, 8);
  });

  it('lets templates choose', () => {
    const result = replayTrace(
      recording(
        [
          open(NAME_B, { [NAME_B]: [1, 0], [NAME_A]: [0, 0] }),
          open(NAME_B, { [NAME_B]: [2, 0], [NAME_A]: [0, 0] }, '10.3.0.9'),
          open(NAME_A, { [NAME_B]: [2, 0], [NAME_A]: [1, 0] }, '10.4.0.1'),
        ],
        { persistence: { timeout: 300, netmask: '255.255.0.0' } },
      ),
    );
    assert.equal(result.matched, 3);
  });

  it('refuses a story that cannot be', () => {
    const counts = { [NAME_B]: [0, 0], [NAME_A]: [0, 0] };
    const elsewhere = { ...A, address: '10.2.0.9' };
    for (const step of [
      { op: 'add', dest: A, counts },
      { op: 'set-weight', dest: elsewhere, counts },
      { op: 'del', dest: elsewhere, counts },
    ]) {
      assert.throws(() => replayTrace(recording([step])), {
        code: 'ERR_TRACE_STORY',
        details: { at: 'steps[0]' },
      });
    }
    assert.throws(() => replayTrace(recording([], { flags: 'sh-port' })), { code: 'ERR_SCHEDULER_FLAG' });
  });
});

describe('generationOfKernel', () => {
  const cases = {
    'Linux 6.1.176': 'classic',
    'Linux 6.1.182': 'classic',
    'Linux 6.1.183': 'total',
    '6.1.190-amd64': 'total',
    'Linux 6.1.191': 'capped',
    'Linux 6.12.103': 'classic',
    'Linux 6.12.104': 'total',
    'Linux 6.12.113': 'capped',
    'Linux 5.10.999': 'classic',
    'Linux 6.10.200': 'classic',
    'no number': 'classic',
  } as const;
  for (const [kernel, want] of Object.entries(cases)) {
    it(`takes ${kernel} for ${want}`, () => assert.equal(generationOfKernel(kernel), want));
  }
});
