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

function checker(
  open: TruePaths['open'],
  make: TruePathOptions['make'],
  about: { readonly host?: HostFacts; readonly sourceAddress?: string } = {},
): TruePathChecker {
  const { host: facts = host, sourceAddress = null } = about;
  const paths = { open, host: facts, ports: new SourcePorts(new FakeClock(0), () => host.portRange()) };
  const vip = { service: keyOf('127.0.0.2:80'), address: '127.0.0.2', port: 80 };
  const probed = server('127.0.0.1:80', { forwarding: 'dr' });
  return new TruePathChecker({ vip, server: probed, sourceAddress, paths, make });
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

  const way = "by way of the service's address to 127.0.0.1:80 (dr)";
  const open: TruePaths['open'] = () => Promise.resolve({ mark: 7, close: () => undefined });
  const never: TruePathOptions['make'] = () => assert.fail('nobody is to be asked');
  const probe = (subject: TruePathChecker) => subject.probe(new AbortController().signal);

  it('is none on a plane where nobody opens ways', async () => {
    const subject = new TruePathChecker({
      vip: { service: keyOf('127.0.0.2:80'), address: '127.0.0.2', port: 80 },
      server: server('127.0.0.1:80', { forwarding: 'dr' }),
      sourceAddress: null,
      paths: null,
      make: never,
    });
    assert.deepEqual(await probe(subject), {
      ok: null,
      reason: `${way}: nobody opens a way through the service on this plane`,
    });
  });

  it('is none where no way is open, for the reason that is told', async () => {
    const closed: TruePaths['open'] = () => Promise.resolve({ mark: null, reason: 'all are in use' });
    assert.deepEqual(await probe(checker(closed, never)), { ok: null, reason: `${way}: all are in use` });
  });

  it('asks for no way where the answer would not come through', async () => {
    const none = checker(
      () => assert.fail('no way is to be opened'),
      never,
      // An answer that came in by lo would not be judged.
      { host: { ...host, interfaceTowards: () => Promise.resolve('eth0'), setting: () => 0 } },
    );
    const result = await probe(none);
    assert.equal(result.ok, null);
    assert.match(result.reason, /^by way .* \(dr\): accept_local is 0 on eth0/);
  });

  it('does not ask from an address that this host lacks', async () => {
    const facts = { ...host, interfaceOf: () => null };
    const result = await probe(checker(open, never, { host: facts, sourceAddress: '192.0.2.9' }));
    assert.deepEqual(result, {
      ok: null,
      reason: `${way}: no interface of this host has the address 192.0.2.9 that probes come from`,
    });
  });

  it('says by which way a server failed, and of a good one what it said', async () => {
    const results = [
      { ok: true, detail: 'connected' },
      { ok: false, reason: 'connect 127.0.0.2:80: ECONNREFUSED' },
    ] as const;
    for (const said of results) {
      const result = await probe(checker(open, () => ({ probe: () => Promise.resolve(said) })));
      assert.deepEqual(result, said.ok ? said : { ...said, reason: `${way}: ${said.reason}` });
    }
  });

  it('gives the way back when the checker throws, and holds nothing against the server', async () => {
    let closed = 0;
    const subject = checker(
      () => Promise.resolve({ mark: 7, close: () => closed++ }),
      () => ({ probe: () => Promise.reject(new Error('a bug')) }),
    );
    assert.deepEqual(await probe(subject), { ok: null, reason: `${way}: a bug` });
    assert.equal(closed, 1);
  });
});
