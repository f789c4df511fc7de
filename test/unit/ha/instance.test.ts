import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GOODBYE_LIMIT_MS } from '../../../src/ha/goodbye.js';
import { ANNOUNCE_GAP_MS } from '../../../src/ha/announcements.js';
import { RETRY_MS } from '../../../src/ha/held-addresses.js';
import { address, config, DOWN, InstanceBench, PEER, SOURCE } from './instance-bench.js';

const VIP = '10.0.0.100';
const ANNOUNCE_AGAIN_MS = 5000;
const TAKEN = ['send 100', `add ${VIP}`, `announce ${VIP}`];

describe('an instance', () => {
  it('begins as a backup without the addresses, and takes over after the silence', () => {
    const bench = new InstanceBench();
    bench.instance.start();
    assert.deepEqual(bench.take(), [`remove ${VIP}`]);
    bench.clock.advance(DOWN - 0.5);
    assert.deepEqual(bench.take(), []);
    bench.clock.advance(0.5);
    assert.deepEqual(bench.take(), TAKEN);
    assert.equal(bench.instance.state, 'active');
  });

  it('advertises once an interval while it is active', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.clock.advance(3000);
    assert.deepEqual(bench.take(), ['send 100', 'send 100', 'send 100']);
  });

  it('says why it changed its state, and since when it is so', () => {
    const bench = new InstanceBench();
    bench.instance.start();
    bench.instance.hear(150, 1000, PEER);
    bench.clock.advance(DOWN);
    bench.instance.hear(150, 1000, PEER);
    bench.instance.fault('interface eth0 is down');
    const atMs = bench.clock.wallMs();
    assert.deepEqual(
      bench.transitions.map(({ from, to, reason }) => `${from} -> ${to}: ${reason}`),
      [
        'initialize -> backup: it starts, and listens first',
        `backup -> active: ${PEER} was not heard for 3609 ms`,
        `active -> backup: ${PEER} has priority 150, this director 100`,
        'backup -> fault: interface eth0 is down',
      ],
    );
    const role = bench.instance.role();
    assert.deepEqual([role.state, role.sinceMs, role.reason], ['fault', atMs, 'interface eth0 is down']);
  });

  it('says that it outdoes one of lower priority', () => {
    const bench = new InstanceBench();
    bench.instance.start();
    for (let second = 0; second < 4; second++) {
      bench.instance.hear(50, 1000, PEER);
      bench.clock.advance(1000);
    }
    assert.equal(bench.instance.role().reason, `${PEER} has priority 50, this director 100`);
  });

  it('tells its role with the one that is active, the addresses and the counters', () => {
    const bench = new InstanceBench();
    bench.instance.start();
    bench.instance.hear(150, 1000, PEER);
    bench.instance.hear(150, 1000, SOURCE);
    bench.instance.drop('checksum');
    bench.instance.drop('checksum');
    assert.deepEqual(bench.instance.role().peer, { address: PEER, priority: 150 });
    assert.deepEqual(bench.instance.role().held, []);
    bench.instance.hear(0, 1000, PEER);
    bench.clock.advance(DOWN);
    bench.instance.hear(50, 1000, PEER);
    const { peer, held, priority, counters } = bench.instance.role();
    assert.deepEqual([peer, held, priority], [null, [VIP], 100]);
    assert.deepEqual(counters, {
      'advertisements-sent': 5,
      'advertisements-received': 4,
      'priority-zero-sent': 0,
      'priority-zero-received': 1,
      'send-failures': 0,
      'own-address-received': 1,
      'inferior-received': 1,
      'became-active': 1,
      'became-backup': 1,
      'became-fault': 0,
      'late-wakes': 0,
      'dropped-checksum': 2,
    });
  });
});

describe('the timer of an instance', () => {
  it('is not set for each advertisement that a backup hears', () => {
    const bench = new InstanceBench();
    bench.instance.start();
    const before = bench.clock.set;
    for (let count = 0; count < 1000; count++) {
      bench.clock.advance(10);
      bench.instance.hear(150, 1000, PEER);
    }
    assert.equal(bench.instance.state, 'backup');
    assert.ok(bench.clock.set - before <= 10, `${bench.clock.set - before} timers for 1000 advertisements`);
    bench.clock.advance(DOWN);
    assert.equal(bench.instance.state, 'active');
  });

  it('is brought forward when the active one leaves', () => {
    const bench = new InstanceBench();
    bench.instance.start();
    bench.instance.hear(150, 1000, PEER);
    bench.instance.hear(0, 1000, PEER);
    bench.clock.advance(609.375);
    assert.equal(bench.instance.state, 'active');
    assert.equal(bench.instance.role().reason, `${PEER} has left`);
  });

  it('counts only when what waits in the socket has been heard', () => {
    const bench = new InstanceBench();
    bench.instance.start();
    bench.waiting.push(() => bench.instance.hear(150, 1000, PEER));
    bench.clock.advance(DOWN);
    assert.equal(bench.instance.state, 'backup', 'the advertisement came in time, and the loop was busy');
    bench.clock.advance(DOWN);
    assert.equal(bench.instance.state, 'active');
  });

  it('is gone when it has stopped', async () => {
    const bench = new InstanceBench();
    bench.takeOver();
    await bench.instance.stop();
    assert.equal(bench.clock.pending, 0);
  });
});

describe('an instance that stood still', () => {
  it('removes its addresses before it sends anything, and then waits as a backup', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.clock.stall(10_000);
    bench.clock.advance(0);
    assert.deepEqual(bench.take(), [`remove ${VIP}`]);
    assert.equal(bench.instance.role().reason, 'it was woken 9000 ms late, others may have taken over');
    assert.equal(bench.instance.role().counters['late-wakes'], 1);
    bench.clock.advance(DOWN - 1);
    assert.deepEqual(bench.take(), []);
    bench.clock.advance(1);
    assert.deepEqual(bench.take(), TAKEN);
  });

  it('does so, too, when it is a packet that wakes it', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.clock.stall(10_000);
    bench.instance.hear(50, 1000, PEER);
    assert.deepEqual(bench.take(), [`remove ${VIP}`]);
    assert.equal(bench.instance.state, 'backup');
  });

  it('announces nothing, either, when that falls due first', () => {
    const bench = new InstanceBench({ advertiseMs: 1500 });
    bench.instance.start();
    bench.clock.advance(3 * 1500 + (156 * 1500) / 256);
    bench.clock.advance(ANNOUNCE_AGAIN_MS - 100);
    bench.take();
    bench.clock.stall(60_000);
    bench.clock.advance(0);
    assert.deepEqual(bench.take(), [`remove ${VIP}`]);
  });

  it('adds nothing, either, that it could not add before', () => {
    const bench = new InstanceBench({ advertiseMs: 1500 });
    bench.instance.start();
    bench.stuck.add(VIP);
    bench.clock.advance(3 * 1500 + (156 * 1500) / 256);
    bench.stuck.clear();
    bench.take();
    bench.clock.stall(60_000);
    bench.clock.advance(0);
    assert.deepEqual(bench.take(), [`remove ${VIP}`]);
  });

  it('sends no goodbye when it is a signal that wakes it', async () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.clock.stall(10_000);
    await bench.instance.stop();
    assert.deepEqual(bench.take(), [`remove ${VIP}`]);
  });

  it('listens once more before it takes over, as a backup', () => {
    const bench = new InstanceBench();
    bench.instance.start();
    bench.clock.stall(60_000);
    bench.clock.advance(0);
    assert.equal(bench.instance.state, 'backup');
    assert.equal(bench.instance.role().counters['late-wakes'], 1);
    bench.clock.advance(1609.375);
    assert.equal(bench.instance.state, 'active');
  });

  it('goes on when it was for less than anybody waits', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.clock.stall(3000);
    bench.clock.advance(0);
    assert.deepEqual(bench.take(), ['send 100']);
    assert.equal(bench.instance.state, 'active');
  });
});

describe('the goodbye of an instance', () => {
  it('is sent before the addresses go, and is over at once', async () => {
    const bench = new InstanceBench();
    bench.takeOver();
    await bench.instance.stop();
    assert.deepEqual(bench.take(), ['send 0', `remove ${VIP}`]);
    assert.equal(bench.instance.state, 'initialize');
  });

  it('is not sent by a backup', async () => {
    const bench = new InstanceBench();
    bench.instance.start();
    bench.take();
    await bench.instance.stop();
    assert.deepEqual(bench.take(), []);
  });

  it('is not sent twice', async () => {
    const bench = new InstanceBench();
    bench.takeOver();
    await Promise.all([bench.instance.stop(), bench.instance.stop()]);
    assert.equal(bench.take().filter((each) => each === 'send 0').length, 1);
  });

  it('is tried again while the queue is full, and awaited; the addresses do not wait', async () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.sending = 'full';
    let over = false;
    const stopped = bench.instance.stop().then(() => (over = true));
    assert.deepEqual(bench.take(), ['send 0!', `remove ${VIP}`]);
    await bench.clock.advanceAsync(5);
    assert.equal(over, false);
    bench.sending = 'sent';
    await bench.clock.advanceAsync(2);
    assert.equal(over, true);
    await stopped;
    assert.equal(bench.take().at(-1), 'send 0');
    assert.equal(bench.instance.role().counters['priority-zero-sent'], 1);
  });

  it('is given up when the queue stays full', async () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.sending = 'full';
    let over = false;
    const stopped = bench.instance.stop().then(() => (over = true));
    await bench.clock.advanceAsync(GOODBYE_LIMIT_MS + 2);
    assert.equal(over, true);
    await stopped;
    assert.equal(bench.clock.pending, 0);
  });

  it('is not sent any more by one that is active again', async () => {
    const bench = new InstanceBench({ priority: 255 });
    bench.instance.start();
    bench.sending = 'full';
    bench.instance.fault('interface eth0 is down');
    bench.sending = 'sent';
    bench.instance.clear('interface eth0 is down');
    assert.equal(bench.instance.state, 'active');
    bench.take();
    await bench.clock.advanceAsync(100);
    assert.deepEqual(bench.take(), []);
  });

  it('is sent when a fault ends an active instance', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.instance.fault('no heartbeat');
    assert.deepEqual(bench.take(), ['send 0', `remove ${VIP}`]);
    bench.instance.clear('no heartbeat');
    assert.equal(bench.instance.state, 'backup');
  });
});

describe('sending', () => {
  it('goes on when the kernel refuses, and tells it when it begins', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.sending = 'refused';
    bench.clock.advance(3000);
    assert.deepEqual(bench.problems, ['advertise vi: ENETDOWN']);
    assert.equal(bench.instance.role().counters['send-failures'], 3);
    bench.sending = 'sent';
    bench.clock.advance(1000);
    bench.sending = 'refused';
    bench.clock.advance(1000);
    assert.equal(bench.problems.length, 2);
  });
});

describe('a goodbye that cannot be sent', () => {
  it('is counted, and no problem: the interface is down, as the fault says', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.sending = 'refused';
    bench.instance.fault('interface eth0 is down');
    assert.deepEqual(bench.take(), ['send 0!', `remove ${VIP}`]);
    assert.deepEqual(bench.problems, []);
    assert.equal(bench.instance.role().counters['send-failures'], 1);
  });
});

describe('the addresses of an instance', () => {
  it('are announced at once and once more', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.clock.advance(ANNOUNCE_AGAIN_MS - 1);
    assert.ok(!bench.take().some((each) => each.startsWith('announce')));
    bench.clock.advance(1);
    assert.equal(bench.take().filter((each) => each.startsWith('announce')).length, 1);
    bench.clock.advance(60_000);
    assert.equal(bench.take().filter((each) => each.startsWith('announce')).length, 0);
  });

  it('are not announced any more when they are gone', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.instance.hear(150, 1000, PEER);
    assert.deepEqual(bench.take(), [`remove ${VIP}`, 'send 100'], 'the winner hears that there were two');
    for (let second = 0; second < 10; second++) {
      bench.clock.advance(1000);
      bench.instance.hear(150, 1000, PEER);
    }
    assert.deepEqual(bench.take(), []);
  });

  it('are announced again when another claimed them, once in a while and once more', () => {
    const bench = new InstanceBench({ advertiseMs: 10 });
    bench.instance.start();
    bench.clock.advance(100);
    bench.clock.advance(ANNOUNCE_AGAIN_MS + ANNOUNCE_GAP_MS);
    bench.take();
    for (let count = 0; count < 200; count++) {
      bench.instance.hear(50, 10, PEER);
      bench.clock.advance(10);
    }
    const announced = bench.take().filter((each) => each.startsWith('announce')).length;
    assert.ok(announced >= 2 && announced <= 1 + 2000 / ANNOUNCE_GAP_MS, `${announced} announcements in 2 s`);
    bench.clock.advance(ANNOUNCE_GAP_MS);
    bench.take();
    bench.clock.advance(ANNOUNCE_AGAIN_MS);
    assert.equal(bench.take().filter((each) => each.startsWith('announce')).length, 1);
  });

  it('that cannot be added are tried again, announced when they come, and told once', () => {
    const bench = new InstanceBench({ addresses: [address(VIP), address('10.0.0.101')] });
    bench.instance.start();
    bench.stuck.add('10.0.0.101');
    bench.clock.advance(DOWN);
    assert.deepEqual(bench.instance.role().held, [VIP]);
    bench.clock.advance(3 * RETRY_MS);
    assert.deepEqual(bench.problems, ['add 10.0.0.101: EPERM']);
    bench.stuck.clear();
    bench.take();
    bench.clock.advance(RETRY_MS);
    assert.ok(bench.take().includes('announce 10.0.0.101'));
    assert.deepEqual(bench.instance.role().held, [VIP, '10.0.0.101']);
    bench.clock.advance(3 * RETRY_MS);
    assert.ok(!bench.take().some((each) => each.startsWith('add')));
  });

  it('that cannot be removed are tried again, and do not count as gone', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.stuck.add(VIP);
    bench.instance.fault('interface eth0 is down');
    assert.deepEqual(bench.instance.role().held, [VIP]);
    bench.clock.advance(RETRY_MS);
    assert.deepEqual(bench.problems, [`remove ${VIP}: EPERM`]);
    bench.stuck.clear();
    bench.clock.advance(RETRY_MS);
    assert.deepEqual(bench.instance.role().held, []);
    bench.take();
    bench.clock.advance(10 * RETRY_MS);
    assert.deepEqual(bench.take(), []);
  });

  it('change in place: the old one goes, the new one comes and is announced at once', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.instance.reconfigure({ ...config, priority: 120, addresses: [address('10.0.0.101')] }, SOURCE);
    assert.equal(bench.instance.state, 'active');
    assert.deepEqual(bench.take(), ['send 120', `remove ${VIP}`, 'add 10.0.0.101', 'announce 10.0.0.101']);
    assert.deepEqual(bench.instance.role().held, ['10.0.0.101']);
  });

  it('stay as they are when something else changes', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.instance.reconfigure({ ...config, priority: 120 }, SOURCE);
    assert.deepEqual(bench.take(), ['send 120']);
  });
});

describe('an instance that needs a witness', () => {
  it('takes over when one has answered the question of this silence, and no other', () => {
    const bench = new InstanceBench();
    bench.witnessNeeded = true;
    bench.instance.start();
    bench.clock.advance(DOWN);
    assert.equal(bench.questions.length, 1);
    bench.instance.hear(150, 1000, PEER);
    bench.clock.advance(DOWN);
    const [old, current] = bench.questions;
    old?.();
    assert.equal(bench.instance.state, 'backup', 'somebody was heard since it was asked');
    current?.();
    assert.equal(bench.instance.state, 'active');
    assert.equal(bench.instance.role().reason, `${PEER} is not heard any more, and a witness answers`);
  });

  it('gives the other director an interval to be heard when a witness answers again that kept silent', () => {
    const interval = 1000 + DOWN - 3000;
    const bench = new InstanceBench();
    bench.witnessNeeded = true;
    bench.instance.start();
    bench.clock.advance(DOWN + 2000);
    bench.questions.at(-1)?.();
    bench.clock.advance(interval - 1);
    bench.questions.at(-1)?.();
    assert.equal(bench.instance.state, 'backup');
    bench.clock.advance(1);
    bench.questions.at(-1)?.();
    assert.equal(bench.instance.state, 'active');
  });

  it('asks every interval, and hears what waits before it believes the answer', () => {
    const bench = new InstanceBench();
    bench.witnessNeeded = true;
    bench.instance.start();
    bench.clock.advance(DOWN + 3000);
    assert.equal(bench.take().filter((each) => each === 'ask witness').length, 4);
    bench.waiting.push(() => bench.instance.hear(150, 1000, PEER));
    bench.questions.at(-1)?.();
    assert.equal(bench.instance.state, 'backup');
  });

  it('takes over without one when none is needed any more', () => {
    const bench = new InstanceBench();
    bench.witnessNeeded = true;
    bench.instance.start();
    bench.clock.advance(DOWN);
    bench.witnessNeeded = false;
    bench.clock.advance(1000);
    assert.equal(bench.instance.state, 'active');
  });
});

describe('an active instance that hears another active one', () => {
  it('tells it once, and that it is over when the other one is not heard any more', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.clock.advance(5000);
    for (let second = 0; second < 10; second++) {
      bench.instance.hear(50 + second, 1000, PEER);
      bench.clock.advance(1000);
    }
    assert.deepEqual(bench.splits, [`begun ${PEER} 50`]);
    bench.clock.advance(4000);
    assert.deepEqual(bench.splits, [`begun ${PEER} 50`, `ended ${PEER} 59`]);
  });

  it('tells that it is over when the other one leaves, or when it yields', () => {
    for (const priority of [0, 150]) {
      const bench = new InstanceBench();
      bench.takeOver();
      bench.clock.advance(5000);
      bench.instance.hear(50, 1000, PEER);
      bench.instance.hear(priority, 1000, PEER);
      assert.deepEqual(bench.splits, [`begun ${PEER} 50`, `ended ${PEER} 50`]);
    }
  });

  it('does not take for one who yields to it, or whom it yields to', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.instance.hear(50, 1000, PEER);
    bench.clock.advance(5000);
    bench.instance.hear(150, 1000, PEER);
    assert.deepEqual(bench.splits, []);
  });

  it('announces again when the other one has told for the last time, in both versions', () => {
    for (const version of [2, 3] as const) {
      const bench = new InstanceBench({ version });
      bench.takeOver();
      bench.clock.advance(60_000);
      bench.instance.hear(50, 1000, PEER);
      bench.take();
      bench.instance.hear(50, 1000, PEER);
      bench.clock.advance(1000);
      assert.ok(bench.take().includes(`announce ${VIP}`), `version ${version}`);
    }
  });
});

describe('the priority of an instance', () => {
  it('is less by what is wrong, told at once, and never below 1', () => {
    const bench = new InstanceBench();
    bench.takeOver();
    bench.instance.weigh(-30);
    bench.instance.weigh(-30);
    bench.instance.weigh(-200);
    bench.instance.weigh(0);
    assert.deepEqual(bench.take(), ['send 70', 'send 1', 'send 100']);
    bench.instance.weigh(-30);
    bench.instance.reconfigure({ ...config, priority: 200 }, SOURCE);
    assert.equal(bench.instance.role().priority, 170);
  });

  it('of an owner is 255, whatever is wrong', () => {
    const bench = new InstanceBench({ priority: 255 });
    bench.instance.start();
    bench.take();
    bench.instance.weigh(-30);
    assert.deepEqual([bench.take(), bench.instance.role().priority], [[], 255]);
  });
});

describe('an instance that is not to start yet', () => {
  it('removes what an earlier life has left, and says why it waits', () => {
    const bench = new InstanceBench();
    bench.instance.delay('it takes part 10 s after the start of lvsd-vrrp');
    assert.deepEqual(bench.take(), [`remove ${VIP}`]);
    const { state, reason } = bench.instance.role();
    assert.deepEqual([state, reason], ['initialize', 'it takes part 10 s after the start of lvsd-vrrp']);
  });
});
