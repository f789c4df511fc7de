/** `checks` and `require`, and the keys of time and source that each check has. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../src/config/load.js';
import { loadText } from '../../support/config-text.js';

function file(keys: string): string {
  return `services: [{ name: web, address: 192.0.2.10:80, servers: [10.0.1.11:8080], ${keys} }]`;
}

async function problems(keys: string): Promise<string[]> {
  try {
    await loadText(file(keys));
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(({ rule, path }) => `${rule} ${path}`);
  }
  return [];
}

describe('several checks', () => {
  const cases = [
    {
      name: 'check and checks',
      keys: 'check: { type: tcp }, checks: [{ type: tcp }]',
      want: 'check-conflict services[0].checks',
    },
    {
      name: 'none among others',
      keys: 'checks: [{ type: tcp }, { type: none }]',
      want: 'check-none services[0].checks[1].type',
    },
    {
      name: 'require with one check',
      keys: 'check: { type: tcp }, require: any',
      want: 'require-checks services[0].require',
    },
    {
      name: 'more required than there are',
      keys: 'checks: [{ type: tcp }, { type: http }], require: { at_least: 3 }',
      want: 'require-checks services[0].require.at_least',
    },
    {
      name: 'a source of the other family',
      keys: 'checks: [{ type: tcp }, { type: tcp, source: "2001:db8::1" }]',
      want: 'check-source services[0].checks[1].source',
    },
    {
      name: 'a fault in the second check, at its place',
      keys: 'checks: [{ type: tcp }, { type: http, basic_auth: { username: u } }]',
      want: 'password-missing services[0].checks[1].basic_auth',
    },
  ];
  for (const { name, keys, want } of cases)
    it(`are refused: ${name}`, async () => assert.deepEqual(await problems(keys), [want]));

  it('are taken with any number that can be good', async () => {
    for (const require of ['all', 'any', '{ at_least: 1 }', '{ at_least: 2 }'])
      assert.deepEqual(await problems(`checks: [{ type: tcp }, { type: http }], require: ${require}`), []);
  });

  it('say from where their probes are sent', async () => {
    const sources = [
      ['source: 10.0.1.2', { address: '10.0.1.2', interface: null, mark: null }],
      ['source_interface: eth1', { address: null, interface: 'eth1', mark: null }],
      ['mark: 4294967295', { address: null, interface: null, mark: 4294967295 }],
    ] as const;
    for (const [keys, source] of sources) {
      for (const type of ['tcp', 'tls', 'http', 'smtp']) {
        const { model } = await loadText(file(`check: { type: ${type}, ${keys} }`));
        const check = model.services[0]?.checks[0];
        assert.deepEqual(check !== undefined && 'source' in check ? check.source : null, source, type);
      }
    }
    const { model } = await loadText(file('check: { type: tcp }'));
    assert.ok(!('source' in (model.services[0]?.checks[0] ?? { source: null })));
  });
});
