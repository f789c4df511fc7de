import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import { until } from '../../../kernel/support/until.js';
import { services, withDirector } from './support/director.js';

const NODEST = '/proc/sys/net/ipv4/vs/expire_nodest_conn';
const PATIENCE_SEC = 20;

/** With a client of its own, for the number of the netlink family is another one when ip_vs was loaded anew. */
function tcpTimeout(): number {
  const client = IpvsClient.open();
  try {
    return client.timeouts().tcpSec;
  } finally {
    client.close();
  }
}

const setting = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8').trim() : 'gone');

describe('settings of the host', () => {
  it('are made again within resync when ip_vs was loaded anew, with its table empty', () =>
    withDirector(async ({ home }) => {
      home.configure(services(2), { resync: '1s', sysctls: 'set', timeouts: { tcp: '77s' } });
      await home.start();
      assert.deepEqual([setting(NODEST), tcpTimeout()], ['1', 77]);
      // a repair in between puts the module into use again
      await until('ip_vs is unloaded', PATIENCE_SEC, () => {
        try {
          execFileSync(
            'sh',
            ['-c', `ipvsadm -C; rmmod $(sed -n 's/^\\(ip_vs_[a-z_]*\\) .*/\\1/p' /proc/modules) ip_vs`],
            { stdio: 'pipe' },
          );
          return true;
        } catch {
          return false;
        }
      });
      await until(
        'the settings are as they were',
        PATIENCE_SEC,
        () => setting(NODEST) === '1' && tcpTimeout() === 77,
      );
      const word = await home.logged(/set net\/ipv4\/vs\/expire_nodest_conn from 0 to 1 again/);
      assert.ok(word);
    }));

  it('are told of once by a director that only checks them', () =>
    withDirector(async ({ home }) => {
      writeFileSync(NODEST, '1');
      home.configure(services(1), { resync: '1s', sysctls: 'check' });
      await home.start();
      writeFileSync(NODEST, '0');
      await home.logged(/expire_nodest_conn is 0, should be 1: lost_flows: reset/);
      assert.equal(setting(NODEST), '0');
    }));
});
