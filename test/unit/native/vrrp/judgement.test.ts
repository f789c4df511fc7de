import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CodecError } from '../../../../native/netlink/errors.js';
import {
  AdvertisementJudge,
  type ExpectedAdvertisement,
  type InstanceDropReason,
} from '../../../../native/vrrp/judgement.js';
import { encodePassword, type VrrpAdvertisement, type VrrpPath } from '../../../../native/vrrp/packet.js';

const path: VrrpPath = { family: 'ipv4', source: '10.0.0.2', destination: '224.0.0.18' };
const expected: ExpectedAdvertisement = {
  version: 3,
  vrid: 51,
  priority: 100,
  advertiseMs: 1000,
  addresses: ['10.0.0.100', '10.0.0.101'],
  password: null,
  peers: [],
  source: '10.0.0.1',
};
const received: VrrpAdvertisement = {
  version: 3,
  vrid: 51,
  priority: 150,
  advertiseMs: 1000,
  addresses: ['10.0.0.100', '10.0.0.101'],
  authentication: null,
};
const second = { version: 2 } as const;
const accepted = { drop: null, differs: { interval: false, addresses: false } };

interface Case {
  readonly name: string;
  readonly expects?: Partial<ExpectedAdvertisement>;
  readonly says?: Partial<VrrpAdvertisement>;
  readonly from?: string;
}

function judge({ expects, says, from }: Case): unknown {
  const judge = new AdvertisementJudge({ ...expected, ...expects });
  return judge.judge({ ...received, ...says }, { ...path, source: from ?? path.source });
}

describe('AdvertisementJudge', () => {
  const password = encodePassword('s3cret');
  const good: readonly Case[] = [
    { name: 'version 3' },
    { name: 'version 2', expects: second, says: second },
    {
      name: 'the right password',
      expects: { ...second, password: 's3cret' },
      says: { ...second, authentication: password },
    },
    { name: 'the addresses in another order', says: { addresses: ['10.0.0.101', '10.0.0.100'] } },
    { name: 'a peer', expects: { peers: ['10.0.0.3', '10.0.0.2'] } },
    { name: 'one who leaves', says: { priority: 0 } },
    { name: 'the owner', says: { priority: 255 } },
    {
      name: 'addresses that the file writes otherwise',
      expects: { source: 'FE80::1', addresses: ['2001:DB8:0::1'], peers: ['FE80:0::2'] },
      says: { addresses: ['2001:db8::1'] },
      from: 'fe80::2',
    },
  ];
  for (const one of good) it(`accepts ${one.name}`, () => assert.deepEqual(judge(one), accepted));

  const bad: readonly (Case & { readonly drop: InstanceDropReason })[] = [
    { name: 'its own packet', drop: 'own-packet', from: '10.0.0.1' },
    { name: 'another VRID', drop: 'other-vrid', says: { vrid: 52 } },
    { name: 'version 2 where 3 is spoken', drop: 'other-version', says: second },
    { name: 'version 3 where 2 is spoken', drop: 'other-version', expects: second },
    { name: 'anybody when it owns the addresses', drop: 'local-owner', expects: { priority: 255 } },
    { name: 'a stranger when the peers are named', drop: 'unknown-peer', expects: { peers: ['10.0.0.3'] } },
    {
      name: 'no password where one is expected',
      drop: 'authentication',
      expects: { ...second, password: 's3cret' },
      says: second,
    },
    {
      name: 'a password where none is expected',
      drop: 'authentication',
      expects: second,
      says: { ...second, authentication: password },
    },
    {
      name: 'a longer password with the same beginning',
      drop: 'authentication',
      expects: { ...second, password: 's3cret' },
      says: { ...second, authentication: encodePassword('s3cret2') },
    },
    {
      name: 'another interval in version 2',
      drop: 'other-interval',
      expects: second,
      says: { ...second, advertiseMs: 2000 },
    },
    {
      name: 'fewer addresses in version 2',
      drop: 'other-addresses',
      expects: second,
      says: { ...second, addresses: ['10.0.0.100'] },
    },
    {
      name: 'one address twice in version 2',
      drop: 'other-addresses',
      expects: second,
      says: { ...second, addresses: ['10.0.0.100', '10.0.0.100'] },
    },
  ];
  for (const one of bad) it(`drops ${one.name}`, () => assert.deepEqual(judge(one), { drop: one.drop }));

  it('accepts another interval in version 3, and tells it', () => {
    assert.deepEqual(judge({ name: '', says: { advertiseMs: 10 } }), {
      drop: null,
      differs: { interval: true, addresses: false },
    });
  });

  it('accepts other addresses in version 3, and tells it', () => {
    assert.deepEqual(judge({ name: '', says: { addresses: ['10.0.0.100', '10.0.0.102'] } }), {
      drop: null,
      differs: { interval: false, addresses: true },
    });
    assert.deepEqual(judge({ name: '', says: { addresses: ['10.0.0.1'], advertiseMs: 20 } }), {
      drop: null,
      differs: { interval: true, addresses: true },
    });
  });

  it('accepts other addresses from the owner in version 2, and tells it', () => {
    assert.deepEqual(
      judge({ name: '', expects: second, says: { ...second, addresses: [], priority: 255 } }),
      {
        drop: null,
        differs: { interval: false, addresses: true },
      },
    );
  });

  it('refuses an address that is none', () => {
    assert.throws(() => new AdvertisementJudge({ ...expected, source: 'eth0' }), CodecError);
  });
});
