import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RealServerError } from '../../../../src/host/realserver/errors.js';
import { parseRequest, type RealServerOptions } from '../../../../src/host/realserver/request.js';
import { check, setUp } from '../../../../src/host/realserver/setup.js';
import { planUndo, undo } from '../../../../src/host/realserver/undo.js';
import { defaultRoute, FakeHost, MemoryStore } from './fake-host.js';

const dr: RealServerOptions = { forwarding: 'dr', vip: ['192.0.2.1', '2001:db8::10'], device: 'dummy' };
const gue: RealServerOptions = { forwarding: 'tun', tunnel: 'gue', vip: ['192.0.2.1', '2001:db8::10'] };
const ipipOnLo: RealServerOptions = { forwarding: 'tun', vip: ['192.0.2.1'], device: 'lo' };
const nat: RealServerOptions = { forwarding: 'nat', gateway: ['10.0.0.1', 'fd00::1'] };

/** A host on which every kind of step has something to do. */
function awkwardHost(): FakeHost {
  const host = new FakeHost();
  host.sysctls.set('net/ipv4/conf/default/rp_filter', '1').set('net/ipv4/conf/all/rp_filter', '1');
  host.routes.push(
    defaultRoute('ipv4', '10.0.0.254', 0),
    defaultRoute('ipv4', '10.0.0.253', 0),
    defaultRoute('ipv4', '10.0.0.252', 100),
    defaultRoute('ipv6', 'fd00::fe', 1024),
  );
  return host;
}

function failureOf(act: () => unknown): RealServerError {
  try {
    act();
  } catch (error) {
    if (error instanceof RealServerError) return error;
    throw error;
  }
  assert.fail('did not fail');
}

describe('setUp and undo', () => {
  for (const options of [dr, gue, ipipOnLo, nat]) {
    const name = JSON.stringify(options);
    const request = parseRequest(options);

    it(`sets up, is content, and leaves no trace: ${name}`, () => {
      const [host, store] = [awkwardHost(), new MemoryStore()];
      const before = host.state();
      const { changes } = setUp(host, store, request);
      assert.ok(changes.length > 3, String(changes.length));
      assert.ok(check(host, request).every(({ ok }) => ok));
      const planned = planUndo(host, store).map(({ outcome }) => outcome);
      const entries = undo(host, store);
      assert.deepEqual(host.state(), before);
      assert.deepEqual([entries.length, store.text], [changes.length, null]);
      assert.deepEqual(new Set(entries.map(({ outcome }) => outcome)), new Set(['undone']));
      assert.deepEqual(
        planned,
        entries.map(({ outcome }) => outcome),
      );
    });

    it(`does nothing a second time, and undoes both at once: ${name}`, () => {
      const [host, store] = [awkwardHost(), new MemoryStore()];
      const before = host.state();
      setUp(host, store, request);
      const [steps, text] = [host.applied.length, store.text];
      assert.deepEqual(setUp(host, store, request).changes, []);
      assert.deepEqual([host.applied.length, store.text], [steps, text]);
      undo(host, store);
      assert.deepEqual(host.state(), before);
    });

    it(`can be undone, or gone on with, wherever it stopped: ${name}`, () => {
      const steps = setUp(awkwardHost(), new MemoryStore(), request).changes.length;
      for (let stop = 0; stop <= steps; stop++) {
        for (const goesOn of [false, true]) {
          const [host, store] = [awkwardHost(), new MemoryStore()];
          const before = host.state();
          // as a crash: noted, and not done
          host.beforeStep = () => {
            if (host.applied.length === stop) throw new Crash();
          };
          host.moduleUse = () => null;
          const observe = host.observe.bind(host);
          let crashed = false;
          host.observe = () => {
            if (crashed) throw new Crash();
            return observe();
          };
          host.apply = ((apply) => (step) => {
            try {
              apply(step);
            } catch (error) {
              crashed = true;
              throw error;
            }
          })(host.apply.bind(host));
          if (stop < steps) assert.throws(() => setUp(host, store, request), Crash);
          else setUp(host, store, request);
          crashed = false;
          host.beforeStep = () => undefined;
          if (goesOn) {
            setUp(host, store, request);
            assert.ok(check(host, request).every(({ ok }) => ok));
          }
          undo(host, store);
          assert.deepEqual(host.state(), before, `stopped at ${stop}`);
          assert.equal(store.text, null);
        }
      }
    });

    it(`tells what was done before a step that fails, and keeps no note of that one: ${name}`, () => {
      const [host, store] = [awkwardHost(), new MemoryStore()];
      const before = host.state();
      host.beforeStep = () => {
        if (host.applied.length === 2) throw Object.assign(new Error('do it: EPERM'), { code: 'EPERM' });
      };
      const error = failureOf(() => setUp(host, store, request));
      assert.equal(error.code, 'ERR_REALSERVER_STEP');
      assert.match(error.message, /EPERM; run it as root.*\(done before: .+, .+; lvsd realserver undo/);
      assert.equal(error.details.done?.length, 2);
      assert.equal(store.load()?.changes.length, 2);
      host.beforeStep = () => undefined;
      undo(host, store);
      assert.deepEqual(host.state(), before);
    });
  }

  it('adds VIPs to what is there, and takes all back', () => {
    const [host, store] = [awkwardHost(), new MemoryStore()];
    const before = host.state();
    setUp(host, store, parseRequest(dr));
    const { changes } = setUp(host, store, parseRequest({ ...dr, vip: ['192.0.2.1', '192.0.2.2'] }));
    assert.deepEqual(
      changes.map(({ step }) => step.kind),
      ['add-address'],
    );
    assert.equal(store.load()?.requests.length, 2);
    undo(host, store);
    assert.deepEqual(host.state(), before);
  });

  it('does nothing before it is sure to be able to note it', () => {
    const [host, store] = [awkwardHost(), new MemoryStore()];
    store.failure = new RealServerError('ERR_REALSERVER_RECORD', 'write record: EACCES');
    assert.equal(failureOf(() => setUp(host, store, parseRequest(dr))).code, 'ERR_REALSERVER_RECORD');
    assert.deepEqual(host.applied, []);
  });

  it('does nothing where something is in the way', () => {
    const [host, store] = [awkwardHost(), new MemoryStore()];
    host.addresses.push({ family: 'ipv4', text: '192.0.2.1', prefixLength: 24, device: 'eth0' });
    const error = failureOf(() => setUp(host, store, parseRequest(dr)));
    assert.equal(error.code, 'ERR_REALSERVER_BLOCKED');
    assert.match(
      error.message,
      /nothing was done\n {2}192\.0\.2\.1\/32 on lvsd-vip: found 192\.0\.2\.1\/24 on eth0/,
    );
    assert.deepEqual([host.applied, store.text], [[], null]);
  });

  it('says so when a module makes no device', () => {
    const [host, store] = [new FakeHost(), new MemoryStore()];
    const apply = host.apply.bind(host);
    host.apply = (step) => {
      if (step.kind !== 'load-module' && step.kind !== 'raise-link') apply(step);
    };
    const error = failureOf(() => setUp(host, store, parseRequest(ipipOnLo)));
    assert.match(error.message, /set up device tunl0: still none after all steps/);
  });
});

class Crash extends Error {}

describe('undo', () => {
  const request = parseRequest({ forwarding: 'dr', vip: ['192.0.2.1'], device: 'dummy' });

  function ready(options = request): { host: FakeHost; store: MemoryStore } {
    const [host, store] = [awkwardHost(), new MemoryStore()];
    setUp(host, store, options);
    return { host, store };
  }

  function outcomes(host: FakeHost, store: MemoryStore): Record<string, string> {
    const entries = undo(host, store);
    return Object.fromEntries(
      entries.map(({ change, outcome, reason }) => [
        change.step.kind === 'write-sysctl' ? change.step.path.split('/').at(-1)! : change.step.kind,
        `${outcome} ${reason}`.trimEnd(),
      ]),
    );
  }

  it('leaves what somebody else has changed since, and says what it was', () => {
    const { host, store } = ready();
    host.sysctls.set('net/ipv4/conf/all/arp_ignore', '2').set('net/ipv4/conf/all/arp_announce', '0');
    host.addresses = host.addresses.filter(({ text }) => text !== '192.0.2.1');
    host.addresses.push({ family: 'ipv4', text: '192.0.2.99', prefixLength: 32, device: 'lvsd-vip' });
    assert.deepEqual(outcomes(host, store), {
      'add-address': 'gone',
      arp_announce: 'gone',
      arp_ignore: 'left somebody else has set it to 2; it was 0',
      'raise-link': 'left somebody else has put 192.0.2.99/32 on it',
      'create-link': 'left somebody else has put 192.0.2.99/32 on it',
    });
    assert.equal(host.sysctls.get('net/ipv4/conf/all/arp_ignore'), '2');
    assert.equal(store.text, null);
  });

  it('leaves a module that others use, with the way to unload it', () => {
    const { host, store } = ready(parseRequest(gue));
    host.use = 'interface mine uses it';
    assert.match(
      outcomes(host, store)['load-module']!,
      /left interface mine uses it; otherwise: modprobe -r/,
    );
    assert.equal(host.encapsulation, true);
  });

  it('leaves a port that is open for something else now, and a route whose place is taken', () => {
    const tunnel = ready(parseRequest(gue));
    tunnel.host.ports = tunnel.host.ports.map((port) => ({ ...port, gue: false }));
    assert.match(outcomes(tunnel.host, tunnel.store)['add-port']!, /left somebody else/);
    const translation = ready(parseRequest(nat));
    translation.host.routes.push(defaultRoute('ipv4', '10.0.0.99', 0));
    assert.match(outcomes(translation.host, translation.store)['remove-route']!, /left .*10\.0\.0\.99/);
  });

  it('goes on behind a step that the kernel refuses, and keeps that in the record', () => {
    const { host, store } = ready();
    host.beforeStep = (step) => {
      if (step.kind === 'delete-address') throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
    };
    const found = outcomes(host, store);
    assert.match(found['add-address']!, /^failed undo 192\.0\.2\.1\/32 on lvsd-vip: EPERM; run it as root/);
    assert.equal(found['arp_ignore'], 'undone');
    assert.deepEqual(
      store.load()?.changes.map(({ step }) => step.kind),
      ['create-link', 'raise-link', 'add-address'],
    );
    host.beforeStep = () => undefined;
    assert.equal(found['raise-link'], 'failed the VIP is still on it');
    assert.deepEqual(outcomes(host, store), {
      'add-address': 'undone',
      'raise-link': 'undone',
      'create-link': 'undone',
    });
    assert.equal(store.text, null);
  });

  it('forgets a record of an earlier boot, which undid it all', () => {
    const { host, store } = ready();
    host.id = { ...host.id, bootId: 'boot-2' };
    const steps = host.applied.length;
    assert.deepEqual(undo(host, store), []);
    assert.deepEqual([host.applied.length, store.text], [steps, null]);
  });

  it('refuses a record of another network namespace', () => {
    const { host, store } = ready();
    host.id = { ...host.id, namespace: 'net:[2]' };
    const error = failureOf(() => undo(host, store));
    assert.equal(error.code, 'ERR_REALSERVER_RECORD');
    assert.match(error.message, /another network namespace.*--state/);
    assert.equal(failureOf(() => setUp(host, store, request)).code, 'ERR_REALSERVER_RECORD');
  });

  it('has nothing to do where nothing was set up', () => {
    assert.deepEqual(undo(new FakeHost(), new MemoryStore()), []);
  });
});
