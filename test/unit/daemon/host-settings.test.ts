import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { DirectorError } from '../../../src/base/errors.js';
import { NOTHING_REMEMBERED, type OwnedOnHost } from '../../../src/daemon/director-state.js';
import { HostSettings } from '../../../src/daemon/host-settings.js';
import type { SysctlFacts } from '../../../src/host/sysctl-advice.js';
import type { Model } from '../../../src/model/director.js';
import { FakeClock } from '../../support/fake-clock.js';
import { model, service } from '../../support/models.js';

const FORWARD = 'net/ipv4/ip_forward';
const shop = service('shop', '192.0.2.10:80', ['10.0.1.11:80']);

const timed = { tcpSec: 60, tcpFinSec: null, udpSec: null };

const facts: SysctlFacts = {
  clientInterfaces: [],
  natInterfaces: { ipv4: [], ipv6: [] },
  tunnelInterfaces: [],
  oneArmedInterfaces: [],
  alsoRealServer: false,
  backupSyncDaemon: false,
};

describe('HostSettings', () => {
  let sysctls: Map<string, string>;
  let timeouts: { tcpSec: number; tcpFinSec: number; udpSec: number };
  let refuse: boolean;
  let onHost: OwnedOnHost;
  let warned: string[];
  let asked: Model[];
  let told: string[];
  /** Called when something is written down. */
  let onSave: () => void;

  beforeEach(() => {
    sysctls = new Map([
      [FORWARD, '0'],
      ['net/ipv4/vs/expire_nodest_conn', '0'],
      ['net/ipv4/vs/conntrack', '0'],
    ]);
    timeouts = { tcpSec: 900, tcpFinSec: 120, udpSec: 300 };
    refuse = false;
    onHost = NOTHING_REMEMBERED.host;
    warned = [];
    asked = [];
    told = [];
    onSave = () => undefined;
  });

  function settings(): HostSettings {
    return new HostSettings({
      clock: new FakeClock(),
      kernel: {
        configure(wanted) {
          if (refuse) throw new DirectorError('set timeouts: refused', { code: 'ERR_TIMEOUTS', details: {} });
          const before = timeouts;
          const { tcpSec, tcpFinSec, udpSec } = wanted;
          timeouts = {
            tcpSec: tcpSec ?? before.tcpSec,
            tcpFinSec: tcpFinSec ?? before.tcpFinSec,
            udpSec: udpSec ?? before.udpSec,
          };
          return before;
        },
      },
      state: {
        get onHost() {
          return onHost;
        },
        setOnHost(change) {
          onSave();
          onHost = { ...onHost, ...change };
          return Promise.resolve();
        },
      },
      warn: (message) => warned.push(message),
      tell: (message) => told.push(message),
      files: {
        read: (path) => sysctls.get(path) ?? null,
        write: (path, text) => void sysctls.set(path, text),
        list: () => [],
      },
      readFacts: (asking) => {
        asked.push(asking);
        return Promise.resolve(facts);
      },
    });
  }

  async function follow(host: HostSettings, next: Model): Promise<void> {
    await host.follow(next);
    await host.check(next);
  }

  it('warns once of what is not as advised, with the cure, and sets nothing', async () => {
    const host = settings();
    await follow(host, model([shop], { sysctls: 'check' }));
    await follow(host, model([shop], { sysctls: 'check' }));
    assert.equal(warned.filter((line) => line.includes('net.ipv4.ip_forward is 0')).length, 1);
    assert.match(warned.join('\n'), /cure: sysctl -w net\.ipv4\.ip_forward=1/);
    assert.equal(sysctls.get(FORWARD), '0');
  });

  it('warns again when it was right in between', async () => {
    const host = settings();
    for (const value of ['0', '1', '0']) {
      sysctls.set(FORWARD, value);
      await follow(host, model([shop], { sysctls: 'check' }));
    }
    assert.equal(warned.filter((line) => line.includes('net.ipv4.ip_forward is 0')).length, 2);
  });

  it('sets, records the old value, and puts it back in a later process', async () => {
    await follow(settings(), model([shop], { sysctls: 'set' }));
    assert.equal(sysctls.get(FORWARD), '1');
    assert.ok(
      onHost.sysctls.some(
        ({ path, before, set }) => path === `/proc/sys/${FORWARD}` && before + set === '01',
      ),
    );
    const later = settings();
    await follow(later, model([shop], { sysctls: 'set' }));
    await later.restore();
    assert.equal(sysctls.get(FORWARD), '0');
    assert.deepEqual(onHost.sysctls, []);
    assert.ok(told.includes(`set ${FORWARD} from 0 to 1`));
  });

  it('leaves what somebody else has changed since', async () => {
    const host = settings();
    await follow(host, model([shop], { sysctls: 'set' }));
    sysctls.set(FORWARD, '2');
    await host.restore();
    assert.equal(sysctls.get(FORWARD), '2');
  });

  it('sets timeouts and remembers those from before the first change alone', async () => {
    const host = settings();
    const wanted = (tcpSec: number) => model([shop], { timeouts: { tcpSec, tcpFinSec: null, udpSec: null } });
    await follow(host, wanted(60));
    await follow(host, wanted(70));
    assert.equal(timeouts.tcpSec, 70);
    await host.restore();
    assert.equal(timeouts.tcpSec, 900);
  });

  it('remembers no timeouts where the file names none', async () => {
    await follow(settings(), model([shop]));
    assert.equal(onHost.timeoutsBefore, null);
  });

  it('tells of a timeout that the kernel refuses and goes on', async () => {
    refuse = true;
    await follow(settings(), model([shop], { sysctls: 'set', timeouts: timed }));
    assert.ok(warned.includes('set timeouts: refused'));
    assert.equal(sysctls.get(FORWARD), '1');
  });

  it('writes old values down before it changes anything, for a crash in between', async () => {
    const atFirstSave: unknown[] = [];
    const crash = new Error('killed');
    onSave = () => {
      atFirstSave.push(timeouts.tcpSec, sysctls.get(FORWARD));
      throw crash;
    };
    const wanted = model([shop], {
      sysctls: 'set',
      timeouts: { tcpSec: 60, tcpFinSec: null, udpSec: null },
    });
    await settings().follow(wanted);
    assert.deepEqual(atFirstSave.slice(0, 2), [900, '0']);
    assert.deepEqual([timeouts.tcpSec, sysctls.get(FORWARD)], [900, '0']);
  });

  it('goes on knowing timeouts that could not be put back', async () => {
    const host = settings();
    await follow(host, model([shop], { timeouts: { tcpSec: 60, tcpFinSec: null, udpSec: null } }));
    refuse = true;
    await host.restore();
    assert.equal(onHost.timeoutsBefore?.tcpSec, 900);
    refuse = false;
    await settings().restore();
    assert.equal(timeouts.tcpSec, 900);
  });

  const NODEST = 'net/ipv4/vs/expire_nodest_conn';

  it('sets again what was changed back, as when ip_vs was loaded anew, without a look at the network', async () => {
    const host = settings();
    await follow(host, model([shop], { sysctls: 'set', lostFlows: 'reset', timeouts: timed }));
    const record = onHost;
    told.length = asked.length = 0;
    await host.keep();
    assert.deepEqual(told, []);
    timeouts = { tcpSec: 900, tcpFinSec: 120, udpSec: 300 };
    sysctls.set(NODEST, '0');
    await host.keep();
    assert.deepEqual([timeouts.tcpSec, sysctls.get(NODEST), asked.length], [60, '1', 0]);
    assert.equal(told.length, 2);
    assert.match(
      told.join('\n'),
      /timeouts .* again[^]*set net\/ipv4\/vs\/expire_nodest_conn from 0 to 1 again/,
    );
    assert.deepEqual(onHost, record, 'the old values are those from before the first change');
  });

  it('tells once that settings have vanished with their module, and sets them when they are there again', async () => {
    const host = settings();
    await follow(host, model([shop], { sysctls: 'set', lostFlows: 'reset' }));
    warned.length = 0;
    sysctls.delete(NODEST);
    await host.keep();
    await host.keep();
    assert.equal(warned.filter((line) => line.includes('expire_nodest_conn')).length, 1);
    sysctls.set(NODEST, '0');
    await host.keep();
    assert.equal(sysctls.get(NODEST), '1');
  });

  it('with `check`, tells once of what has changed since, and sets nothing', async () => {
    const host = settings();
    sysctls.set(FORWARD, '1');
    await follow(host, model([shop], { sysctls: 'check' }));
    warned.length = 0;
    sysctls.set(FORWARD, '0');
    await host.keep();
    await host.keep();
    assert.equal(warned.filter((line) => line.includes('net.ipv4.ip_forward is 0')).length, 1);
    assert.equal(sysctls.get(FORWARD), '0');
  });

  it('keeps nothing that was put back', async () => {
    const host = settings();
    await follow(host, model([shop], { sysctls: 'set', timeouts: timed }));
    await host.restore();
    await host.keep();
    assert.deepEqual([timeouts.tcpSec, sysctls.get(FORWARD)], [900, '0']);
  });

  for (const [asks, other] of [
    ['reset', '0'],
    ['drop', '1'],
  ] as const)
    it(`warns once of \`lost_flows: ${asks}\` where the kernel does the other`, async () => {
      const host = settings();
      sysctls.set(NODEST, other);
      await follow(host, model([shop], { sysctls: 'check', lostFlows: asks }));
      await host.keep();
      const lines = warned.filter((line) => line.includes('expire_nodest_conn'));
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', /lost_flows: .*; cure: sysctl -w net\.ipv4\.vs\.expire_nodest_conn=/);
    });

  it('ends a check that a newer configuration has made useless, and tells nothing of it', async () => {
    const host = settings();
    const [first, second] = [model([shop], { sysctls: 'check' }), model([shop], { sysctls: 'check' })];
    const checks = [host.check(first), host.check(second)];
    await Promise.all(checks);
    assert.equal(asked.length, 1);
    assert.equal(asked[0], second);
    asked.length = 0;
    const given = warned.length;
    const running = host.check(first);
    await host.follow(second);
    await running;
    assert.deepEqual([asked.length, warned.length], [0, given]);
  });
});
