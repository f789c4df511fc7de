import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readFirewall } from '../../../../src/host/doctor/firewall/read.js';

const saved = '*filter\n:INPUT DROP [0:0]\nCOMMIT\n';
const listed = (...chains: readonly string[]): string =>
  JSON.stringify({
    nftables: [
      { table: { family: 'ip', name: 'filter' } },
      ...chains.map((name) => ({
        chain: { family: 'ip', table: 'filter', name, hook: 'input', prio: 0, policy: 'drop' },
      })),
    ],
  });

function read(outputs: Readonly<Record<string, string>>): string[] {
  const { tables } = readFirewall((program) => {
    const output = outputs[program];
    return output === undefined ? null : { exitStatus: 0, output };
  });
  return tables.map(
    ({ program, name, chains }) => `${program} ${name} ${chains.map((one) => one.name).join()}`,
  );
}

describe('readFirewall', () => {
  it('reads nothing where no program is', () => assert.deepEqual(read({}), []));

  it('reads the rules of iptables where nft is not installed', () =>
    assert.deepEqual(read({ 'iptables-nft-save': saved }), ['iptables-nft filter INPUT']));

  it('has iptables read its own tables', () =>
    assert.deepEqual(read({ nft: listed('INPUT'), 'iptables-nft-save': saved }), [
      'iptables-nft filter INPUT',
    ]));

  it('leaves a table to nft that has chains which iptables does not show', () =>
    assert.deepEqual(
      read({
        nft: listed('input'),
        'iptables-nft-save': `# Table \`filter' contains incompatible base-chains, use 'nft' tool to list them.\n${saved}`,
      }),
      ['nft filter input'],
    ));

  it('does not ask iptables where nft says that there is nothing', () =>
    assert.deepEqual(read({ nft: '{"nftables": []}', 'iptables-nft-save': saved }), []));
});
