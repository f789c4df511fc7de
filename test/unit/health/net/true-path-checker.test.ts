/** Probes of the true path whose way cannot be had, or not in time. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TruePathChecker, type TruePathOptions } from '../../../../src/health/net/true-path-checker.js';
import { SourcePorts } from '../../../../src/health/net/source-ports.js';
import type { TruePaths } from '../../../../src/health/net/true-paths.js';
import type { HostFacts } from '../../../../src/health/net/way-back.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { keyOf, server } from '../../../support/models.js';

const host: HostFacts = {
  interfaceOf: () => 'lo',
  interfaceTowards: () => Promise.resolve('lo'),
  setting: (_device, name) => (name === 'accept_local' ? 1 : 0),
  portRange: () => [40_000, 40_255],
};

function checker(open: TruePaths['open'], make: TruePathOptions['make']): TruePathChecker {
  const paths = { open, host, ports: new SourcePorts(new FakeClock(0), () => host.portRange()) };
  const vip = { service: keyOf('127.0.0.2:80'), address: '127.0.0.2', port: 80 };
  const probed = server('127.0.0.1:80', { forwarding: 'dr' });
  return new TruePathChecker({ vip, server: probed, sourceAddress: null, paths, make });
}

describe('a probe of the true path', () => {
  it('holds nothing against a server whose way opened after the timeout, and gives the way back', async () => {
    const timeout = new AbortController();
    let closed = 0;
    const subject = checker(
      () => {
        timeout.abort(new Error('timeout after 5s'));
        return Promise.resolve({ mark: 7, close: () => closed++ });
      },
      () => ({ probe: () => Promise.resolve({ ok: false, reason: 'timeout after 5s' }) }),
    );
    assert.deepEqual(await subject.probe(timeout.signal), {
      ok: null,
      reason: `by way of the service's address to 127.0.0.1:80 (dr): the way was not open before the timeout`,
    });
    assert.equal(closed, 1);
  });
});
