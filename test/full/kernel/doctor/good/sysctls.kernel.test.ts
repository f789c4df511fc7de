import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { adviseSysctls, checkSysctls, restoreSysctls, setSysctls } from '../../../../../src/host/sysctls.js';
import { gatherSysctlFacts } from '../../../../../src/host/sysctl-facts.js';
import { withLab } from '../../../../kernel/lab/lab.js';
import { configText } from '../../../../kernel/lab/director.js';
import { loadText } from '../../../../support/config-text.js';
import { services } from '../support/good-network.js';

const folders = ['ipv4', 'ipv4/vs', 'ipv4/conf', 'ipv6/conf'];

/** Every setting of these folders and the folders in them. */
function settings(): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of folders) {
    for (const name of readdirSync(`/proc/sys/net/${folder}`, { recursive: true }) as string[]) {
      try {
        found.set(`${folder}/${name}`, readFileSync(`/proc/sys/net/${folder}/${name}`, 'latin1'));
      } catch {
        // a folder, or one that can only be written
      }
    }
  }
  return found;
}

describe('kernel settings', () => {
  it('are set as advised, and put back as they were', () =>
    withLab({ layout: 'two', servers: 1 }, async (lab) => {
      lab.holdVip();
      const { model } = await loadText(configText(services(lab, 'nat')));
      await lab.director.namespace.during(async () => {
        writeFileSync('/proc/sys/net/ipv4/ip_forward', '0');
        writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '0');
        // one that forwards by itself
        writeFileSync('/proc/sys/net/ipv4/conf/eth0/forwarding', '1');
        const before = settings();
        const advised = adviseSysctls(model, await gatherSysctlFacts(model, () => Promise.resolve()));
        const faults = checkSysctls(advised).filter(({ severity }) => severity === 'fault');
        assert.deepEqual(
          faults.map(({ path }) => path),
          ['net/ipv4/ip_forward', 'net/ipv4/conf/eth1/forwarding', 'net/ipv6/conf/all/forwarding'],
        );
        const { changes, failures } = setSysctls(advised);
        assert.deepEqual(failures, []);
        assert.deepEqual(checkSysctls(advised), []);
        assert.deepEqual(setSysctls(advised, changes).changes, changes, 'nothing to do the second time');
        assert.deepEqual(restoreSysctls(changes), { changes: [], failures: [] });
        assert.deepEqual(settings(), before);
      });
    }));
});
