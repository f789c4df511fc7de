import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refusal, withIpvsClient } from '../../../kernel/support/ipvs-client.js';
import { ipvsadm, withoutIpvsadm } from './support/witness.js';

/** The guest's ticks a second; the kernel keeps timeouts in ticks, in 31 bits. */
const ticks = 100;
const longest = Math.floor((2 ** 31 - 1) / ticks);

describe('the timeouts', { skip: withoutIpvsadm }, () => {
  it("are the kernel's own at first", () =>
    withIpvsClient((client) => {
      assert.deepEqual(client.timeouts(), { tcpSec: 900, tcpFinSec: 120, udpSec: 300 });
      assert.equal(ipvsadm('-L', '--timeout'), 'Timeout (tcp tcpfin udp): 900 120 300\n');
    }));

  it('are set one by one, 0 leaving the others as they are', () =>
    withIpvsClient((client) => {
      const expectAfter = (tcpSec: number, tcpFinSec: number, udpSec: number, listed: string): void => {
        client.run({ command: 'set-timeouts', timeouts: { tcpSec, tcpFinSec, udpSec } });
        const { tcpSec: tcp, tcpFinSec: fin, udpSec: udp } = client.timeouts();
        assert.equal(`${tcp} ${fin} ${udp}`, listed);
        assert.equal(ipvsadm('-L', '--timeout'), `Timeout (tcp tcpfin udp): ${listed}\n`);
      };
      expectAfter(11, 22, 33, '11 22 33');
      expectAfter(0, 0, 0, '11 22 33');
      expectAfter(1, 0, 0, '1 22 33');
      expectAfter(0, 2, 0, '1 2 33');
      expectAfter(0, 0, 3, '1 2 3');
      expectAfter(longest, longest, longest, `${longest} ${longest} ${longest}`);
    }));

  it('are read as the stock tool set them', () =>
    withIpvsClient((client) => {
      ipvsadm('--set', '3600', '60', '2678400');
      assert.deepEqual(client.timeouts(), { tcpSec: 3600, tcpFinSec: 60, udpSec: 2_678_400 });
    }));

  for (const field of ['tcpSec', 'tcpFinSec', 'udpSec'] as const) {
    for (const value of [longest + 1, 2 ** 31, 2 ** 32 - 1]) {
      it(`are left alone when ${field} is ${value}`, () =>
        withIpvsClient((client) => {
          const timeouts = { tcpSec: 7, tcpFinSec: 7, udpSec: 7, [field]: value };
          const error = refusal(() => client.run({ command: 'set-timeouts', timeouts }));
          assert.equal(error.code, 'ERR_IPVS_INVALID');
          assert.equal(error.message, 'set timeouts: EINVAL');
          assert.deepEqual(client.timeouts(), { tcpSec: 900, tcpFinSec: 120, udpSec: 300 });
        }));
    }
  }
});
