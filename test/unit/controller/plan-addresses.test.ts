import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  computeWantedAddresses,
  planAddresses,
  type OwnedAddress,
} from '../../../src/controller/plan-addresses.js';
import type { ServiceKey } from '../../../src/model/keys.js';
import { vipKey, type VipAddress, type VipKey } from '../../../src/model/vip-address.js';
import type { VirtualService } from '../../../src/model/virtual-service.js';
import { service } from '../../support/models.js';

const web = service('web', '192.0.2.10:80', [], { interface: 'eth0' });
const tls = service('tls', '192.0.2.10:443', [], { interface: 'eth0' });
const six = service('six', '[2001:db8::10]:80', [], { interface: 'eth0' });
const bare = service('bare', '192.0.2.30:80', []);

const vipOf = ({ address, interface: name }: VirtualService): VipAddress => {
  assert.ok(address.kind === 'address' && name !== null);
  return { family: address.family, address: address.address, interface: name };
};
const keyOf = (subject: VirtualService): VipKey => vipKey(vipOf(subject));
const on = (subject: VirtualService, name: string | null): VirtualService => ({
  ...subject,
  interface: name,
});

/** What is planned with `services` in the file, as `phase kind address for service (sharing)`. */
function plan(
  services: readonly VirtualService[],
  present: readonly VirtualService[],
  owned: readonly VirtualService[],
  planned: readonly VirtualService[] = services,
): string[] {
  const record = owned.map((subject): [VipKey, OwnedAddress] => [
    keyOf(subject),
    { vip: vipOf(subject), service: { key: subject.key, name: subject.name } },
  ]);
  const steps = planAddresses({
    wanted: computeWantedAddresses(services),
    present: new Set(present.map(keyOf)),
    owned: new Map(record),
    planned: new Set<ServiceKey>(planned.map(({ key }) => key)),
  });
  return steps.map((step) => {
    const sharing = step.kind === 'add-address' && step.sharing.length > 0 ? ` (${step.sharing.join()})` : '';
    return `${step.phase} ${step.kind} ${vipKey(step.vip)} for ${step.service.name}${sharing}`;
  });
}

describe('planAddresses', () => {
  it('adds what is missing, behind the table', () => {
    assert.deepEqual(plan([web, six, bare], [], []), [
      '5 add-address 192.0.2.10 on eth0 for web',
      '5 add-address 2001:db8::10 on eth0 for six',
    ]);
  });

  it('has nothing to do when all is there, whoever added it', () => {
    assert.deepEqual(plan([web, six], [web, six], [web]), []);
  });

  it('adds nothing for services that are not planned', () => {
    assert.deepEqual(plan([web, six], [], [], [six]), ['5 add-address 2001:db8::10 on eth0 for six']);
  });

  it('adds a shared address once, for all of its services that are planned', () => {
    assert.deepEqual(plan([web, tls], [], []), [`5 add-address 192.0.2.10 on eth0 for web (${tls.key})`]);
    assert.deepEqual(plan([web, tls], [], [], [tls]), ['5 add-address 192.0.2.10 on eth0 for tls']);
  });

  it('deletes a shared address with the last of its services, before the table', () => {
    assert.deepEqual(plan([tls], [web], [web], [web, tls]), []);
    assert.deepEqual(plan([], [web], [web], [tls]), ['0 delete-address 192.0.2.10 on eth0 for web']);
  });

  it('leaves an address that lvsd did not add', () => {
    assert.deepEqual(plan([], [web, six], [six]), ['0 delete-address 2001:db8::10 on eth0 for six']);
  });

  it('does not delete what is gone already', () => {
    assert.deepEqual(plan([], [], [web]), []);
  });

  it('deletes the address of a service that has lost its interface', () => {
    assert.deepEqual(plan([on(web, null)], [web], [web]), ['0 delete-address 192.0.2.10 on eth0 for web']);
  });

  it('moves an address: there first, gone from here last', () => {
    assert.deepEqual(plan([on(web, 'eth1')], [web], [web]), [
      '5 add-address 192.0.2.10 on eth1 for web',
      '6 delete-address 192.0.2.10 on eth0 for web',
    ]);
  });

  it('finishes a move whose first half is done', () => {
    const moved = on(web, 'eth1');
    assert.deepEqual(plan([moved], [web, moved], [web, moved], []), [
      '6 delete-address 192.0.2.10 on eth0 for web',
    ]);
  });

  it('does not begin a move while its service is not planned', () => {
    assert.deepEqual(plan([on(web, 'eth1')], [web], [web], []), []);
  });

  it('keeps the address on the first interface until every service there has left', () => {
    const moved = on(tls, 'eth1');
    assert.deepEqual(plan([web, moved], [web], [web]), ['5 add-address 192.0.2.10 on eth1 for tls']);
    assert.deepEqual(plan([moved], [web, moved], [web, moved]), [
      '6 delete-address 192.0.2.10 on eth0 for web',
    ]);
  });
});
