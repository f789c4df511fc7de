/** Which NAT services of instances are warned of, because the gateway of their servers stays behind. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadText } from '../../support/config-text.js';

interface Case {
  readonly addresses?: string;
  readonly forwarding?: string;
  readonly more?: string;
  readonly group?: string;
  readonly server?: string;
}

async function warningsOf(given: Case): Promise<readonly string[]> {
  const {
    addresses = '192.0.2.10/24',
    forwarding = 'nat',
    more = '',
    group = '',
    server = '10.0.1.21',
  } = given;
  const { warnings } = await loadText(`
director: { name: one, dataplane: kernel }
ha:
  instances:
    - { name: vi, interface: eth0, vrid: 51, addresses: [${addresses}]${group} }
${more}
services:
  - { name: shop, address: "192.0.2.10:80", forwarding: ${forwarding}, servers: ["${server}:80"] }
`);
  return warnings.filter(({ rule }) => rule === 'nat-gateway').map(({ message }) => message);
}

describe('a NAT service of an instance', () => {
  it('is warned of when nothing moves with it that its servers could have as their gateway', async () => {
    const [message, ...others] = await warningsOf({});
    assert.match(message ?? '', /the server tcp?.*10\.0\.1\.21.* is reached by NAT|10\.0\.1\.21/);
    assert.deepEqual(others, []);
  });

  it('is not where an address of another interface moves, or one in the network of the servers', async () => {
    const inner = '{ address: 10.0.1.254/24, interface: eth1 }';
    assert.deepEqual(await warningsOf({ addresses: `192.0.2.10/24, ${inner}` }), []);
    assert.deepEqual(await warningsOf({ addresses: '192.0.2.10/24, 10.0.1.254/24' }), []);
    assert.deepEqual(await warningsOf({ server: '192.0.2.21' }), []);
  });

  it('is not where that is in another instance of the same group, and is where that is in none', async () => {
    const other = (group: string): string =>
      `    - { name: vj, interface: eth1, vrid: 52, addresses: [10.0.1.254/24]${group} }`;
    assert.deepEqual(await warningsOf({ group: ', group: both', more: other(', group: both') }), []);
    assert.equal((await warningsOf({ more: other('') })).length, 1);
  });

  it('is not with another forwarding method, or with an address that moves with no instance', async () => {
    assert.deepEqual(await warningsOf({ forwarding: 'dr' }), []);
    assert.deepEqual(await warningsOf({ addresses: '192.0.2.11/24' }), []);
  });
});
