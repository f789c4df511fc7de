import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  IFA_F_DADFAILED,
  IFA_F_SECONDARY,
  IFA_F_TENTATIVE,
  RT_SCOPE_LINK,
} from '../../../../native/rtnetlink/constants.js';
import type { InterfaceAddress } from '../../../../native/rtnetlink/types.js';
import { chooseSource } from '../../../../native/vrrp/source.js';

const one: InterfaceAddress = {
  family: 'ipv4',
  index: 2,
  address: '10.0.0.1',
  prefixLength: 24,
  peer: null,
  broadcast: null,
  label: 'eth0',
  scope: 0,
  flags: 0,
  preferredSec: null,
  validSec: null,
};
const linkLocal: InterfaceAddress = { ...one, family: 'ipv6', address: 'fe80::1', scope: RT_SCOPE_LINK };
const none = new Set<string>();

describe('chooseSource', () => {
  it('takes the first primary address of the interface', () => {
    const addresses = [
      { ...one, index: 1, address: '10.9.0.1' },
      { ...one, address: '10.0.0.7', flags: IFA_F_SECONDARY },
      linkLocal,
      one,
      { ...one, address: '10.0.0.2' },
    ];
    assert.equal(chooseSource(addresses, 2, 'ipv4', none), '10.0.0.1');
  });

  it('never takes an address that moves with an instance, though it is there', () => {
    const addresses = [{ ...one, address: '10.0.0.100', prefixLength: 32 }, one];
    assert.equal(chooseSource(addresses, 2, 'ipv4', new Set(['10.0.0.100'])), '10.0.0.1');
    assert.equal(chooseSource([linkLocal], 2, 'ipv6', new Set(['fe80::1'])), null);
  });

  it('takes a link-local address of IPv6 that is this host’s without doubt', () => {
    const addresses = [
      { ...linkLocal, address: '2001:db8::1', scope: 0 },
      { ...linkLocal, address: 'fe80::2', flags: IFA_F_TENTATIVE },
      { ...linkLocal, address: 'fe80::3', flags: IFA_F_TENTATIVE | IFA_F_DADFAILED },
    ];
    assert.equal(chooseSource(addresses, 2, 'ipv6', none), null);
    assert.equal(chooseSource([...addresses, linkLocal], 2, 'ipv6', none), 'fe80::1');
  });

  it('has none where the interface has none', () => {
    assert.equal(chooseSource([], 2, 'ipv4', none), null);
  });
});
