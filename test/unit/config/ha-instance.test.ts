/** Preemption, delays, groups, announcing, labels and lines of instances. What is refused across keys is in test/fixtures/broken, too. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VrrpInstance } from '../../../src/model/vrrp-instance.js';
import {
  haOf,
  haText,
  INNER,
  problemsOf,
  refusalsOf,
  SHOP,
  warningsOf,
} from '../../support/ha-config-text.js';
import { loadText } from '../../support/config-text.js';
import { vip } from '../../support/vrrp-instance.js';

async function only(keys: string): Promise<VrrpInstance> {
  const [instance, ...more] = (await haOf([keys])).instances;
  assert.ok(instance);
  assert.deepEqual(more, []);
  return instance;
}

const refusals = (keys: string) => refusalsOf(haText([keys]));
const warnings = (...instances: readonly string[]) => warningsOf(haText(instances));

describe('preempt', () => {
  it('is at once, never, or after a while', async () => {
    const of = async (preempt: string) => {
      const { preempt: wants, preemptDelayMs } = await only(`${SHOP}, preempt: ${preempt}`);
      return [wants, preemptDelayMs];
    };
    assert.deepEqual(await of('true'), [true, 0]);
    assert.deepEqual(await of('false'), [false, 0]);
    assert.deepEqual(await of('{ delay: 2m }'), [true, 120_000]);
  });

  it('is a variable as well', async () => {
    const text = haText([`${SHOP}, preempt: "\${PREEMPT}"`]);
    const { model } = await loadText(text, { environment: { PREEMPT: 'false' } });
    assert.equal(model.ha?.instances[0]?.preempt, false);
    assert.deepEqual(await refusalsOf(text), ['variable-missing ha.instances[0].preempt']);
  });

  for (const [written, hint] of [
    ['yes', 'write true'],
    ['off', 'write false'],
    ['30s', 'write { delay: 30s }'],
    ['30', 'write { delay: 30s }'],
  ] as const) {
    it(`${written} is refused: ${hint}`, async () => {
      const [problem, ...more] = await problemsOf(haText([`${SHOP}, preempt: ${written}`]));
      assert.deepEqual([problem?.rule, problem?.hint], ['bad-preempt', hint]);
      assert.deepEqual(more, []);
    });
  }

  it('knows a slip in its mapping', async () => {
    assert.deepEqual(await refusals(`${SHOP}, preempt: { dealy: 30s }`), [
      'unknown-key ha.instances[0].preempt.dealy',
    ]);
  });
});

describe('start_delay and announce', () => {
  it('have no delay, and the volleys of keepalived, unless told', async () => {
    const { startDelayMs, announce } = await only(SHOP);
    assert.equal(startDelayMs, 0);
    assert.deepEqual(announce, { volley: 5, againMs: 5000, refreshMs: null });
  });

  it('are what is written', async () => {
    const { startDelayMs, announce } = await only(
      `${SHOP}, start_delay: 1h, announce: { repeat: 100, delay: 100ms, refresh: 24h }`,
    );
    assert.equal(startDelayMs, 3_600_000);
    assert.deepEqual(announce, { volley: 100, againMs: 100, refreshMs: 86_400_000 });
  });

  for (const never of ['none', '0s']) {
    it(`announce nothing further with ${never}`, async () => {
      const { announce } = await only(`${SHOP}, announce: { delay: ${never}, refresh: ${never} }`);
      assert.deepEqual(announce, { volley: 5, againMs: null, refreshMs: null });
    });
  }

  const wrong = [
    { keys: 'start_delay: 61m', refused: 'duration-range ha.instances[0].start_delay' },
    { keys: 'start_delay: none', refused: 'bad-duration ha.instances[0].start_delay' },
    { keys: 'announce: { repeat: 0 }', refused: 'out-of-range ha.instances[0].announce.repeat' },
    { keys: 'announce: { repeat: 101 }', refused: 'out-of-range ha.instances[0].announce.repeat' },
    { keys: 'announce: { delay: never }', refused: 'bad-duration ha.instances[0].announce.delay' },
    { keys: 'announce: { delay: 1ms }', refused: 'duration-range ha.instances[0].announce.delay' },
    { keys: 'announce: { refresh: 999ms }', refused: 'duration-range ha.instances[0].announce.refresh' },
    { keys: 'announce: { repat: 1 }', refused: 'unknown-key ha.instances[0].announce.repat' },
    { keys: 'announce: 5', refused: 'wrong-type ha.instances[0].announce' },
  ];
  for (const { keys, refused } of wrong)
    it(`refuse ${keys}`, async () => {
      assert.deepEqual(await refusals(`${SHOP}, ${keys}`), [refused]);
    });
});

describe('an address of an instance', () => {
  const with_ = (address: string) => `name: vi_shop, interface: eth0, vrid: 51, addresses: [${address}]`;

  it('has a label and a scope', async () => {
    const { addresses } = await only(
      with_(
        '{ address: 192.0.2.10/24, label: "eth0:shop", scope: link }, { address: 10.0.0.1/8, interface: eth1, label: eth1 }',
      ),
    );
    assert.deepEqual(addresses, [
      vip('192.0.2.10/24', { label: 'eth0:shop', scope: 'link' }),
      vip('10.0.0.1/8', { interface: 'eth1', label: 'eth1' }),
    ]);
  });

  it('has a label of at most 15 characters', async () => {
    assert.deepEqual(await refusals(with_('{ address: 192.0.2.10/24, label: "eth0:1234567890" }')), []);
    assert.deepEqual(await refusals(with_('{ address: 192.0.2.10/24, label: "eth0:12345678901" }')), [
      'bad-label ha.instances[0].addresses[0].label',
    ]);
  });

  it('of IPv6 has a scope of its own', async () => {
    assert.deepEqual(await warnings(with_('{ address: "2001:db8::1/64", scope: link }')), [
      'no-effect ha.instances[0].addresses[0].scope',
    ]);
    assert.deepEqual(await warnings(with_('{ address: "2001:db8::1/64" }')), []);
  });

  it('has no other scope', async () => {
    const [problem] = await problemsOf(haText([with_('{ address: 192.0.2.10/24, scope: globl }')]));
    assert.equal(problem?.hint, 'did you mean "global"?');
  });
});

describe('heartbeat', () => {
  const line = (...lines: readonly string[]) => `${SHOP}, heartbeat: [${lines.join(', ')}]`;

  it('is none by default, and a list of lines', async () => {
    assert.deepEqual((await only(SHOP)).heartbeat, []);
    const { heartbeat } = await only(
      line('{ interface: eth1, peer: 10.0.1.3 }', '{ interface: eth2, peer: 10.0.2.3 }'),
    );
    assert.deepEqual(heartbeat, [
      { interface: 'eth1', peer: '10.0.1.3' },
      { interface: 'eth2', peer: '10.0.2.3' },
    ]);
  });

  it('leads to a link-local address on each of two interfaces', async () => {
    const six =
      'name: vi_six, interface: eth0, vrid: 7, addresses: ["fe80::100/64"], heartbeat: [{ interface: eth1, peer: "fe80::2" }, { interface: eth2, peer: "fe80::2" }]';
    assert.deepEqual(await refusals(six), []);
    assert.deepEqual(await refusals(six.replace('eth2', 'eth1')), [
      'heartbeat-peer ha.instances[0].heartbeat[1].peer',
    ]);
  });

  it('on the own interface is warned of, and refused where it is there already', async () => {
    assert.deepEqual(await warnings(line('{ interface: eth0, peer: 192.0.2.3 }')), [
      'heartbeat-interface ha.instances[0].heartbeat[0].interface',
    ]);
    assert.deepEqual(await refusals(`${line('{ interface: eth0, peer: 192.0.2.3 }')}, peers: [192.0.2.3]`), [
      'heartbeat-peer ha.instances[0].heartbeat[0].peer',
    ]);
  });

  it('leads to no address that moves, whichever instance has it', async () => {
    for (const [peer, refused] of [
      ['10.0.1.254', ['heartbeat-peer ha.instances[0].heartbeat[0].peer']],
      ['10.0.1.3', []],
    ] as const) {
      const shop = line(`{ interface: eth1, peer: ${peer} }`);
      const gate = 'name: vi_gate, interface: eth1, vrid: 52, addresses: [10.0.1.254/24]';
      assert.deepEqual(await refusalsOf(haText([shop, gate])), refused);
    }
  });

  it('needs its peer and its interface, and the address of a host', async () => {
    assert.deepEqual(await refusals(line('{ interface: eth1 }')), [
      'missing-key ha.instances[0].heartbeat[0]',
    ]);
    assert.deepEqual(await refusals(line('{ peer: 10.0.1.3 }')), [
      'missing-key ha.instances[0].heartbeat[0]',
    ]);
    assert.deepEqual(await refusals(line('{ interface: eth1, peer: 10.0.1.3/24 }')), [
      'bad-address ha.instances[0].heartbeat[0].peer',
    ]);
    assert.deepEqual(await refusals(line('{ interface: eth1, peer: 127.0.0.1 }')), [
      'address-kind ha.instances[0].heartbeat[0].peer',
    ]);
  });

  it('of two instances goes by one interface where their numbers or families differ', async () => {
    const six =
      'name: vi_six, interface: eth0, vrid: 51, addresses: ["2001:db8::10/64"], heartbeat: [{ interface: eth9, peer: "2001:db8:9::3" }]';
    const four = `${SHOP}, heartbeat: [{ interface: eth9, peer: 10.0.9.3 }]`;
    const inner = `${INNER}, heartbeat: [{ interface: eth9, peer: 10.0.9.3 }]`;
    assert.deepEqual(await refusalsOf(haText([four, six, inner.replace('vrid: 51', 'vrid: 52')])), []);
    assert.deepEqual(await refusalsOf(haText([four, six, inner])), [
      'heartbeat-vrid ha.instances[2].heartbeat[0].interface',
    ]);
  });
});

describe('witness', () => {
  const witness = (list: string) => haText([SHOP], [`witness: [${list}]`]);

  it('is nobody by default, and addresses of either family', async () => {
    assert.deepEqual((await haOf([SHOP])).witness, []);
    assert.deepEqual((await haOf([SHOP], ['witness: [192.0.2.1, "2001:DB8::1"]'])).witness, [
      '192.0.2.1',
      '2001:db8::1',
    ]);
  });

  it('needs no heartbeat lines', async () => {
    assert.deepEqual(await warningsOf(witness('192.0.2.1')), []);
  });

  for (const [written, rule] of [
    ['127.0.0.1', 'address-kind'],
    ['"fe80::1"', 'address-kind'],
    ['0.0.0.0', 'address-kind'],
    ['224.0.0.18', 'address-kind'],
    ['router', 'bad-address'],
    ['192.0.2.10', 'witness'],
  ] as const) {
    it(`cannot be ${written}`, async () => {
      assert.deepEqual(await refusalsOf(witness(written)), [`${rule} ha.witness[0]`]);
    });
  }
});

describe('group', () => {
  const of = (keys: string, group: string, more = '') => `${keys}, group: ${group}${more}`;

  it('is the name that instances share', async () => {
    const { instances } = await haOf([of(SHOP, 'gate'), of(INNER, 'gate')]);
    assert.deepEqual(
      instances.map(({ group }) => group),
      ['gate', 'gate'],
    );
    assert.equal((await only(SHOP)).group, null);
  });

  it('of one instance is refused, and says which name was probably meant', async () => {
    const problems = await problemsOf(haText([of(SHOP, 'gate'), of(INNER, 'gaet')]));
    assert.deepEqual(
      problems.map(({ rule, path }) => `${rule} ${path}`),
      ['group-alone ha.instances[0].group', 'group-alone ha.instances[1].group'],
    );
    assert.match(problems[1]?.message ?? '', /"gaet", did you mean gate\?/);
  });

  it('warns of members that want different things', async () => {
    assert.deepEqual(await warnings(of(SHOP, 'g', ', priority: 150'), of(INNER, 'g')), [
      'group-unequal ha.instances[1].priority',
    ]);
    assert.deepEqual(await warnings(of(SHOP, 'g'), of(INNER, 'g', ', preempt: { delay: 1s }')), [
      'group-unequal ha.instances[1].preempt',
    ]);
    assert.deepEqual(
      await warnings(
        of(SHOP, 'g', ', priority: 9, preempt: false'),
        of(INNER, 'g', ', priority: 9, preempt: false'),
      ),
      [],
    );
  });
});
