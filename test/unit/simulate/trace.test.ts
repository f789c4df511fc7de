import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseTrace } from '../../../src/simulate/trace.js';
import { TraceError } from '../../../src/simulate/trace-error.js';
import { seededRandom } from '../../support/random.js';

const text = readFileSync(new URL('../../golden/traces/rr-thresholds.json', import.meta.url), 'utf8');

type Json = Record<string, unknown>;

/** The recording with one thing changed. */
function changed(change: (document: Json & { steps: Json[]; destinations: Json[] }) => void): string {
  const document = JSON.parse(text) as Json & { steps: Json[]; destinations: Json[] };
  change(document);
  return JSON.stringify(document);
}

describe('parseTrace', () => {
  it('reads a recording', () => {
    const trace = parseTrace(text);
    assert.equal(trace.scheduler, 'rr');
    assert.equal(trace.family, 4);
    assert.deepEqual(trace.service, { kind: 'address', protocol: 'tcp', port: 80 });
    assert.deepEqual([...(trace.steps[0]?.counts.keys() ?? [])], trace.kernelListOrder);
  });

  it('reads flags, sysctl, mark and persistence', () => {
    const trace = parseTrace(
      changed((document) => {
        Object.assign(document, {
          scheduler: 'lblcr',
          sysctl: { lblcr_expiration: 5, lblc_expiration: 9 },
          service: { fwmark: 1 },
          persistence: { timeout: 30, netmask: '255.255.254.0' },
        });
      }),
    );
    assert.equal(trace.expirationSec, 5);
    assert.deepEqual(trace.service, { kind: 'fwmark', mark: 1 });
    assert.deepEqual(trace.persistence, { timeoutSec: 30, prefixLength: 23 });
  });

  const faults: readonly { at: string; change: Parameters<typeof changed>[0] }[] = [
    { at: 'family', change: (document) => (document['family'] = 'inet4') },
    { at: 'scheduler', change: (document) => (document['scheduler'] = 'twos') },
    { at: 'flags', change: (document) => (document['flags'] = null) },
    { at: 'service', change: (document) => (document['service'] = []) },
    {
      at: 'service.port',
      change: (document) => (document['service'] = { protocol: 'tcp', address: '10.0.0.1', port: '80' }),
    },
    {
      at: 'persistence.netmask',
      change: (document) => (document['persistence'] = { timeout: 1, netmask: '255.0.255.0' }),
    },
    { at: 'destinations[0].weight', change: (document) => (document.destinations[0]!['weight'] = -1) },
    { at: 'destinations[1].address', change: (document) => (document.destinations[1]!['address'] = '::1') },
    { at: 'kernelListOrder[0]', change: (document) => (document['kernelListOrder'] = [7]) },
    { at: 'steps', change: (document) => (document.steps = {} as Json[]) },
    { at: 'steps[0]', change: (document) => (document.steps[0] = null as unknown as Json) },
    { at: 'steps[0].op', change: (document) => (document.steps[0]!['op'] = 'jump') },
    { at: 'steps[0].counts', change: (document) => delete document.steps[0]!['counts'] },
    { at: 'steps[0].client', change: (document) => delete document.steps[0]!['client'] },
    { at: 'steps[0].vip.addr', change: (document) => (document.steps[0]!['vip'] = { addr: 'x', port: 1 }) },
    { at: 'steps[0].chosen', change: (document) => (document.steps[0]!['chosen'] = '10.2.0.11') },
    {
      at: 'steps[0].counts["10.2.0.11:8080"]',
      change: (document) => (document.steps[0]!['counts'] = { '10.2.0.11:8080': 3 }),
    },
    { at: 'steps[0].counts["a"]', change: (document) => (document.steps[0]!['counts'] = { a: [0, 0] }) },
  ];
  for (const { at, change } of faults) {
    it(`names the place of a fault: ${at}`, () => {
      assert.throws(
        () => parseTrace(changed(change)),
        (error) =>
          error instanceof TraceError && error.code === 'ERR_TRACE_FORMAT' && error.details.at === at,
      );
    });
  }

  it('says when it is no JSON', () => {
    assert.throws(() => parseTrace('{"name":'), { code: 'ERR_TRACE_SYNTAX' });
    for (const other of ['null', '[]', '7', '"x"', '{}']) assert.throws(() => parseTrace(other), TraceError);
  });

  it('answers damaged text with a trace or a TraceError', () => {
    const random = seededRandom(11);
    const start = text.slice(0, 4000);
    for (let round = 0; round < 300; round++) {
      const at = random.int(0, start.length - 1);
      const damaged =
        start.slice(0, at) + random.pick(['', '{', 'null', '"', '[', '-1', '1e99']) + start.slice(at + 1);
      try {
        parseTrace(damaged + text.slice(4000));
      } catch (error) {
        assert.ok(error instanceof TraceError, String(error));
      }
    }
  });
});
