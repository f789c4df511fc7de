import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeRequest, encodeRequest } from '../../../../native/ipvs/request-codec.js';
import type { IpvsRequest } from '../../../../native/ipvs/types.js';
import { beginMessage, endMessage } from '../../../../native/netlink/message.js';
import { Writer } from '../../../../native/netlink/writer.js';
import { hex, hexOf } from '../../../support/scripted-messages.js';
import { fwmarkService, natServer, tcpService } from './golden.js';

const family = 0x21;
const REQUEST_ACK = 5;

function message(request: IpvsRequest, sequence: number): string {
  const writer = new Writer();
  const start = beginMessage(writer, family, REQUEST_ACK, sequence);
  encodeRequest(writer, request);
  endMessage(writer, start);
  return hexOf(writer.finish());
}

const tcpKey =
  '3000 0100 0600 0100 0200 0000 0600 0200 0600 0000 1400 0300 0a000064 000000000000000000000000 0600 0400 0050 0000';
const markKey = '1400 0100 0600 0100 0a00 0000 0800 0500 07000000';
const natKey =
  '2800 0200 0600 0b00 0200 0000 1400 0100 0a000001 000000000000000000000000 0600 0200 1f90 0000';
const natSettings = '0800 0300 00000000 0800 0400 05000000 0800 0500 00000000 0800 0600 00000000';
const daemon = { role: 'master', interface: 'eth0', syncId: 0 } as const;
const timeouts = { tcpSec: 900, tcpFinSec: 120, udpSec: 300 };

/** Name in errors, request, and what stands behind the 16 bytes of the netlink header. */
const requests: readonly (readonly [string, IpvsRequest, string])[] = [
  [
    'add service fwmark6:7',
    { command: 'add-service', service: fwmarkService },
    '01010000 3800 0100 0600 0100 0a00 0000 0800 0500 07000000 0700 0600 736800 00 0c00 0700 18000000 ffffffff 0800 0800 00000000 0800 0900 80000000',
  ],
  [
    'edit service fwmark6:7',
    { command: 'edit-service', service: fwmarkService },
    '02010000 3800 0100 0600 0100 0a00 0000 0800 0500 07000000 0700 0600 736800 00 0c00 0700 18000000 ffffffff 0800 0800 00000000 0800 0900 80000000',
  ],
  [
    'delete service tcp:10.0.0.100:80',
    { command: 'delete-service', service: tcpService },
    `03010000 ${tcpKey}`,
  ],
  [
    'add destination 10.0.0.1:8080 to fwmark6:7',
    { command: 'add-destination', service: fwmarkService, destination: natServer },
    `05010000 ${markKey} 4800${natKey.slice(4)} ${natSettings}`,
  ],
  [
    'edit destination 10.0.0.1:8080 of tcp:10.0.0.100:80',
    { command: 'edit-destination', service: tcpService, destination: natServer },
    `06010000 ${tcpKey} 4800${natKey.slice(4)} ${natSettings}`,
  ],
  [
    'delete destination 10.0.0.1:8080 of tcp:10.0.0.100:80',
    { command: 'delete-destination', service: tcpService, destination: natServer },
    `07010000 ${tcpKey} ${natKey}`,
  ],
  [
    'start master sync daemon on eth0',
    { command: 'start-daemon', daemon },
    '09010000 2000 0300 0800 0100 01000000 0900 0200 6574683000 000000 0800 0300 00000000',
  ],
  [
    'stop backup sync daemon',
    { command: 'stop-daemon', role: 'backup' },
    '0a010000 0c00 0300 0800 0100 02000000',
  ],
  [
    'set timeouts',
    { command: 'set-timeouts', timeouts },
    '0c010000 0800 0400 84030000 0800 0500 78000000 0800 0600 2c010000',
  ],
  ['zero counters of fwmark6:7', { command: 'zero', service: fwmarkService }, `10010000 ${markKey}`],
  ['zero all counters', { command: 'zero', service: null }, '10010000'],
  ['flush the table', { command: 'flush' }, '11010000'],
];

describe('encodeRequest', () => {
  it('writes the golden NEW_SERVICE', () => {
    const golden = hex(`
      68000000 2100 0500 02000000 00000000                    ; 104 bytes, REQUEST|ACK, sequence 2
      01 01 0000                                              ; IPVS_CMD_NEW_SERVICE
      5400 0100
        0600 0100 0200 0000
        0600 0200 0600 0000
        1400 0300 0a000064 000000000000000000000000
        0600 0400 0050 0000
        0800 0600 77727200
        0c00 0700 00000000 ffffffff
        0800 0800 00000000
        0800 0900 ffffffff
    `);
    assert.equal(message({ command: 'add-service', service: tcpService }, 2), hexOf(golden));
  });

  it('writes the golden NEW_DEST', () => {
    const golden = hex(`
      8c000000 2100 0500 03000000 00000000                    ; 140 bytes, sequence 3
      05 01 0000                                              ; IPVS_CMD_NEW_DEST
      3000 0100
        0600 0100 0200 0000
        0600 0200 0600 0000
        1400 0300 0a000064 000000000000000000000000
        0600 0400 0050 0000
      4800 0200
        0600 0b00 0200 0000
        1400 0100 0a000001 000000000000000000000000
        0600 0200 1f90 0000
        0800 0300 00000000
        0800 0400 05000000
        0800 0500 00000000
        0800 0600 00000000
    `);
    const request: IpvsRequest = { command: 'add-destination', service: tcpService, destination: natServer };
    assert.equal(message(request, 3), hexOf(golden));
  });

  for (const [name, request, bytes] of requests) {
    it(`writes ${name}`, () => assert.equal(message(request, 1).slice(32), hexOf(hex(bytes))));
  }

  it('identifies servers by the service’s key alone, whatever else it is given', () => {
    const {
      family: ipFamily,
      protocol,
      address,
      port,
    } = tcpService as typeof tcpService & { port: number; address: string; protocol: number };
    const key = { family: ipFamily, protocol, address, port };
    assert.equal(
      message({ command: 'add-destination', service: key, destination: natServer }, 1),
      message({ command: 'add-destination', service: tcpService, destination: natServer }, 1),
    );
  });
});

describe('describeRequest', () => {
  it('names command, server and service', () => {
    for (const [name, request] of requests) assert.equal(describeRequest(request), name);
    assert.equal(
      describeRequest({ command: 'add-service', service: tcpService }),
      'add service tcp:10.0.0.100:80',
    );
  });
});
