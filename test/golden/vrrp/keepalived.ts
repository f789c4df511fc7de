/**
 * What keepalived 2.2.7 sent, as it came in at the other end of a cable: instances of all kinds, and their leaving. Each stands
 * for a configuration that `test/full/kernel/vrrp-packets` runs against the installed one.
 */
import type { ReceivedPath, VrrpAdvertisement } from '../../../native/vrrp/packet.js';

export interface RecordedAdvertisement {
  readonly name: string;
  readonly path: ReceivedPath;
  /** What its configuration says; null where the packet may not be taken. */
  readonly advertisement: VrrpAdvertisement | null;
  /** Behind the IP header. */
  readonly bytes: Uint8Array;
}

const toGroup: ReceivedPath = {
  family: 'ipv4',
  source: '10.1.0.2',
  destination: '224.0.0.18',
  hopLimit: 255,
};
const toGroup6: ReceivedPath = {
  family: 'ipv6',
  source: 'fe80::a2',
  destination: 'ff02::12',
  hopLimit: 255,
};
const toPeer: ReceivedPath = { ...toGroup, destination: '10.1.0.1' };
/** As it sends without `unicast_ttl`. */
const toPeer6: ReceivedPath = { ...toGroup6, destination: 'fe80::a1', hopLimit: 64 };

const second = { version: 2, advertiseMs: 1000, authentication: null } as const;
const third = { version: 3, advertiseMs: 1000, authentication: null } as const;
const password = Uint8Array.from(Buffer.from('s3cret\0\0'));

const plain = { ...second, vrid: 51, addresses: ['10.1.0.100'] };
const secret = {
  ...second,
  vrid: 52,
  addresses: ['10.1.0.101', '10.1.0.102', '192.0.2.1'],
  authentication: password,
};
const fast = { ...third, vrid: 54, advertiseMs: 100, addresses: ['10.1.0.104'] };
const slow = {
  ...third,
  vrid: 255,
  advertiseMs: 3000,
  addresses: ['10.1.0.105', '10.1.0.106', '198.51.100.7', '192.0.2.2'],
};
const six = {
  ...third,
  vrid: 56,
  advertiseMs: 10,
  addresses: ['fe80::100', '2001:db8::100', 'fd00:1::100'],
};
const peer = { ...third, vrid: 58, addresses: ['10.1.0.108'] };

function recorded(
  name: string,
  path: ReceivedPath,
  advertisement: VrrpAdvertisement | null,
  digits: string,
): RecordedAdvertisement {
  return { name, path, advertisement, bytes: Uint8Array.from(Buffer.from(digits.replaceAll(' ', ''), 'hex')) };
}

export const keepalivedAdvertisements: readonly RecordedAdvertisement[] = [
  recorded(
    'version 2',
    toGroup,
    { ...plain, priority: 100 },
    '21336401 00017065 0a010064 0000000000000000',
  ),
  recorded(
    'version 2, leaving',
    toGroup,
    { ...plain, priority: 0 },
    '21330001 0001d465 0a010064 0000000000000000',
  ),
  recorded(
    'version 2 with a password',
    toGroup,
    { ...secret, priority: 254 },
    '2134fe03 0101ccdd 0a010065 0a010066 c0000201 7333637265740000',
  ),
  recorded(
    'version 2 with a password, leaving',
    toGroup,
    { ...secret, priority: 0 },
    '21340003 0101cade 0a010065 0a010066 c0000201 7333637265740000',
  ),
  recorded('version 3, 100 ms', toGroup, { ...fast, priority: 100 }, '31366401 000a75c3 0a010068'),
  recorded('version 3, 100 ms, leaving', toGroup, { ...fast, priority: 0 }, '31360001 000ad9c3 0a010068'),
  recorded(
    'version 3, 3 s',
    toGroup,
    { ...slow, priority: 100 },
    '31ff6404 012c7d1f 0a010069 0a01006a c6336407 c0000202',
  ),
  recorded(
    'version 3, 3 s, leaving',
    toGroup,
    { ...slow, priority: 0 },
    '31ff0004 012ce11f 0a010069 0a01006a c6336407 c0000202',
  ),
  recorded(
    'version 3 over IPv6, 10 ms',
    toGroup6,
    { ...six, priority: 100 },
    '31386403 00013fa7 fe800000000000000000000000000100 20010db8000000000000000000000100 fd000001000000000000000000000100',
  ),
  recorded(
    'version 3 over IPv6, 10 ms, leaving',
    toGroup6,
    { ...six, priority: 0 },
    '31380003 0001a3a7 fe800000000000000000000000000100 20010db8000000000000000000000100 fd000001000000000000000000000100',
  ),
  recorded('version 3 to a peer', toPeer, { ...peer, priority: 100 }, '313a6401 00644b72 0a01006c'),
  recorded('version 3 to a peer, leaving', toPeer, { ...peer, priority: 0 }, '313a0001 0064af72 0a01006c'),
  recorded(
    'version 3 to a peer over IPv6',
    toPeer6,
    null,
    '313c6401 00646c00 fe800000000000000000000000000110',
  ),
];
