/** Answers of servers, recorded or as they write them, changed at random: what the parsers of checks get from a stranger. */
import { encode, type Packet } from 'dns-packet';
import { encodeEchoRequest } from '../../native/icmp/echo-message.js';
import type { SeededRandom } from '../support/random.js';

/** What dnsmasq 2.90 answered: an address by way of an alias, MX, TXT, a refusal, and nothing of the type. */
const DNSMASQ = [
  '12348580000100020000000003777777076578616d706c650000010001c00c0005000100000000000e046d61696c076578616d706c6500c02900010001000000000004c0000207',
  '0007858000010001000000010473686f70076578616d706c6500000f0001c00c000f0001000000000010000a046d61696c076578616d706c6500c02c00010001000000000004c0000207',
  '0009858000010001000000000473686f70076578616d706c650000100001c00c0010000100000000000803763d310374776f',
  '000b81850001000000000000076e6f7468696e6704746573740000010001',
  '000c81850001000000000000046d61696c076578616d706c6500001c0001',
];

function packet(changes: Packet): Buffer {
  const questions = [{ type: 'A', name: 'shop.example' }] as const;
  return encode({ type: 'response', id: 7, questions: [...questions], ...changes });
}

export const dnsSamples: readonly Buffer[] = [
  ...DNSMASQ.map((digits) => Buffer.from(digits, 'hex')),
  packet({ answers: [{ type: 'A', name: 'shop.example', data: '192.0.2.1' }] }),
  packet({ answers: [{ type: 'AAAA', name: 'shop.example', data: '2001:db8::1' }] }),
  packet({
    answers: [{ type: 'MX', name: 'shop.example', data: { preference: 1, exchange: 'mail.example' } }],
  }),
  packet({ answers: [{ type: 'SRV', name: 'shop.example', data: { port: 5, target: 'a.shop.example' } }] }),
  packet({ answers: [{ type: 'TXT', name: 'shop.example', data: ['one', 'two'] }] }),
  packet({
    answers: [{ type: 'SOA', name: 'shop.example', data: { mname: 'a.example', rname: 'b.example' } }],
    additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, options: [] } as never],
  }),
  packet({ answers: [{ type: 'CNAME', name: 'shop.example', data: 'other.shop.example' }], flags: 3 }),
];

const texts = (...samples: string[]): readonly Buffer[] => samples.map((text) => Buffer.from(text, 'latin1'));

export const smtpSamples = texts(
  '220 mail.example ESMTP OpenSMTPD\r\n',
  '250-mail.example Hello director.example [192.0.2.1], pleased to meet you\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-SIZE 36700160\r\n250-DSN\r\n250 HELP\r\n',
  '220 mail.example ESMTP Postfix (Debian)\r\n250-mail.example\r\n250-VRFY\r\n250 CHUNKING\r\n221 2.0.0 Bye\r\n',
  '554 No SMTP service here\r\n421-mail.example\n421 busy\n',
);

export const jsonSamples = texts(
  '{"status":"UP","components":{"db":{"status":"UP"},"disk space":{"status":"UP","details":{"free":1e9}}}}',
  '{"nodes":[{"name":"a","up":true,"lag":null},{"name":"b","up":false,"lag":-1.5e-3}]}',
  '["\\u00e4\\n", 0, {"": [[[]]]}]',
);

export const pingSamples: readonly Buffer[] = (['ipv4', 'ipv6'] as const).flatMap((family) => {
  const request = encodeEchoRequest(family, {
    identifier: 9,
    sequence: 513,
    payload: new Uint8Array(16).fill(7),
  });
  const reply = Buffer.from(request);
  reply[0] = family === 'ipv4' ? 0 : 129;
  const header = Buffer.from('4500002c000040004001f6ccc0000201c0000202', 'hex');
  return [Buffer.from(request), reply, Buffer.concat([header, reply])];
});

/** One to four changes to one of the samples. */
export function mutateBytes(samples: readonly Buffer[], random: SeededRandom): Buffer {
  let bytes: Buffer = Buffer.from(random.pick(samples));
  for (let changes = random.int(1, 3); changes > 0; changes--) bytes = change(bytes, samples, random);
  return bytes;
}

function change(bytes: Buffer, samples: readonly Buffer[], random: SeededRandom): Buffer {
  const at = random.int(0, Math.max(0, bytes.length - 1));
  const value = random.pick([
    0,
    1,
    3,
    4,
    0x3f,
    0x40,
    0x7f,
    0x80,
    0xc0,
    0xff,
    0x0a,
    0x0d,
    0x22,
    0x5b,
    random.int(0, 255),
  ]);
  switch (random.int(0, 6)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes, Buffer.alloc(random.int(1, 300), value)]);
    case 2:
      return Buffer.concat([
        bytes.subarray(0, at),
        bytes.subarray(Math.min(bytes.length, at + random.int(1, 9))),
      ]);
    case 3: {
      const other = random.pick(samples);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.int(0, other.length - 1))]);
    }
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(0, at), bytes.subarray(at)]).subarray(
        0,
        20_000,
      );
    default: {
      if (bytes.length === 0) return bytes;
      const changed = Buffer.from(bytes);
      changed[at] = value;
      return changed;
    }
  }
}
