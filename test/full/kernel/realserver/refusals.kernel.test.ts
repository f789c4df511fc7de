import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { RealServerError } from '../../../../src/host/realserver/errors.js';
import { parseRequest, type RealServerOptions } from '../../../../src/host/realserver/request.js';
import { setUp } from '../../../../src/host/realserver/setup.js';
import { planUndo, undo } from '../../../../src/host/realserver/undo.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import { assertPicture, picture } from './support/picture.js';
import { missing, modprobe, onServer, scriptOf, sh, type Bench } from './support/server.js';

const dr: RealServerOptions = { forwarding: 'dr', vip: ['192.0.2.10'] };
const nobody = 65_534;

function refusal(bench: Bench, options: RealServerOptions): RealServerError {
  try {
    setUp(bench.host, bench.store, parseRequest(options));
  } catch (error) {
    if (error instanceof RealServerError) return error;
    throw error;
  }
  assert.fail('was not refused');
}

function linkNames(): string[] {
  return sh('ip -o link').match(/(?<=^\d+: )\w+/gm) ?? [];
}

describe('setup that cannot be', () => {
  it('names root where there is no privilege, and changes nothing', () =>
    onServer((bench) => {
      const former = picture();
      setUp(bench.host, bench.store, parseRequest(dr));
      undo(bench.host, bench.store);
      process.seteuid!(nobody);
      try {
        assert.match(refusal(bench, dr).message, /EACCES; run it as root/);
      } finally {
        process.seteuid!(0);
      }
      assertPicture(former);
    }));

  it('tells a gateway that no subnet of this host has', () =>
    onServer((bench) => {
      const former = picture();
      const error = refusal(bench, { forwarding: 'nat', gateway: ['203.0.113.1'] });
      assert.equal(error.code, 'ERR_REALSERVER_STEP');
      assert.match(
        error.message,
        /default via 203\.0\.113\.1: .*ENETUNREACH.*must be in a subnet of this host/,
      );
      undo(bench.host, bench.store);
      assertPicture(former);
    }));

  it('tells a port that another program has, and what was done before', () =>
    onServer(async (bench) => {
      modprobe('fou');
      const former = picture();
      const socket = createSocket('udp4').bind(6080);
      await once(socket, 'listening');
      const error = refusal(bench, { forwarding: 'tun', vip: ['192.0.2.10'], tunnel: 'gue' });
      assert.match(error.message, /EADDRINUSE.*another program has this UDP port.*done before: .*tunl0/);
      const closed = once(socket, 'close');
      socket.close();
      await closed;
      undo(bench.host, bench.store);
      assertPicture(former);
    }));

  it('does not touch a VIP that the network card has', () =>
    onServer((bench) => {
      sh('ip address add 192.0.2.10/24 dev eth0');
      const former = picture();
      assert.match(
        refusal(bench, dr).message,
        /nothing was done[^]*ip address delete 192\.0\.2\.10\/24 dev eth0/,
      );
      assertPicture(former);
      assert.throws(() => scriptOf(bench, dr)('start'), /is on eth0, so this host takes it/);
      assertPicture(former);
    }));

  it('refuses a record of another namespace', () =>
    onServer(async (bench) => {
      setUp(bench.host, bench.store, parseRequest(dr));
      await inNewNamespace(() => {
        assert.match(refusal(bench, dr).message, /another network namespace/);
        assert.throws(() => undo(bench.host, bench.store), { code: 'ERR_REALSERVER_RECORD' });
      });
      undo(bench.host, bench.store);
    }));
});

describe('undo where others were at work', () => {
  it('leaves what they have changed', () =>
    onServer((bench) => {
      const options = { ...dr, device: 'dummy' };
      setUp(bench.host, bench.store, parseRequest(options));
      sh(`echo 2 >/proc/sys/net/ipv4/conf/all/arp_ignore
        ip address delete 192.0.2.10/32 dev lvsd-vip
        ip address add 192.0.2.99/32 dev lvsd-vip`);
      assert.deepEqual(
        undo(bench.host, bench.store).map(({ outcome }) => outcome),
        ['gone', 'undone', 'left', 'left', 'left'],
      );
      assert.match(sh('ip -o -4 address show dev lvsd-vip up'), /192\.0\.2\.99\/32/);
      assert.equal(readFileSync('/proc/sys/net/ipv4/conf/all/arp_ignore', 'latin1').trim(), '2');
    }));

  it('does the same by script', () =>
    onServer((bench) => {
      const run = scriptOf(bench, { ...dr, device: 'dummy' });
      run('start');
      sh(`echo 2 >/proc/sys/net/ipv4/conf/all/arp_ignore
        ip address add 192.0.2.99/32 dev lvsd-vip`);
      assert.match(run('stop'), /arp_ignore: left at 2/);
      assert.match(sh('ip -o -4 address show dev lvsd-vip up'), /192\.0\.2\.99\/32/);
    }));
});

describe('modules of tunnels', () => {
  const options: RealServerOptions = {
    forwarding: 'tun',
    vip: ['2001:db8::10'],
    over: 'ipv4',
    tunnel: 'gue',
  };

  function isLoaded(module: string): boolean {
    return new RegExp(`^${module} `, 'm').test(readFileSync('/proc/modules', 'latin1'));
  }

  it('are loaded, and unloaded where nothing uses them', () =>
    onServer((bench) => {
      modprobe('-r', 'sit', 'fou');
      const former = picture();
      assert.ok(missing(bench, options).includes('device sit0'));
      assert.ok(!isLoaded('fou'), 'to look is not to load');
      setUp(bench.host, bench.store, parseRequest(options));
      assert.deepEqual([isLoaded('sit'), isLoaded('fou'), missing(bench, options)], [true, true, []]);
      const planned = planUndo(bench.host, bench.store);
      assert.equal(planned.at(-1)?.change.step.kind, 'load-module');
      undo(bench.host, bench.store);
      assert.deepEqual([isLoaded('sit'), isLoaded('fou')], [false, false]);
      assertPicture(former);
    }));

  it('stay where another namespace has an interface of theirs', () =>
    onServer((bench) => {
      modprobe('-r', 'sit', 'fou');
      setUp(bench.host, bench.store, parseRequest(options));
      sh('ip netns add theirs; ip -n theirs link add six type sit local 10.0.0.1');
      try {
        const entries = undo(bench.host, bench.store);
        assert.deepEqual(
          entries.filter(({ outcome }) => outcome === 'left').map(({ reason }) => reason),
          ['interface six uses it in another network namespace; otherwise: modprobe -r sit'],
        );
        assert.ok(linkNames().includes('sit0'));
        assert.match(sh('ip -n theirs link'), /six/);
      } finally {
        sh('ip netns delete theirs');
      }
    }));

  it('says so where the module is not there', () =>
    onServer((bench) => {
      modprobe('-r', 'sit');
      assert.equal(bench.host.moduleUse('sit', 'sit0'), null);
      const apply = bench.host.apply.bind(bench.host);
      bench.host.apply = (step) =>
        apply(step.kind === 'load-module' ? { ...step, module: 'no_such_module_of_lvsd' } : step);
      const error = refusal(bench, { ...options, tunnel: 'ipip' });
      assert.match(error.message, /module sit: .*not found.*install the modules of the running kernel/);
    }));
});
