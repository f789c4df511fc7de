import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { skipWithout } from '../../support/require-tool.js';
import { destination, fwmarkService, keyOf, tcpService, withIpvsClient } from '../support/ipvs-client.js';
import { inNewNamespace } from '../support/namespace.js';
import { kernelSchedulers } from '../support/schedulers.js';

describe('the kernel client', () => {
  it('takes every scheduler', () =>
    withIpvsClient((client) => {
      const services = kernelSchedulers.map((scheduler, index) =>
        tcpService(`2001:db8::${index + 1}`, 80, { scheduler }),
      );
      const results = client.batch(services.map((service) => ({ command: 'add-service', service })));
      assert.deepEqual(results, services.map(() => null)); // prettier-ignore
      assert.deepEqual(client.services().map(({ scheduler }) => scheduler).sort(), [...kernelSchedulers].sort()); // prettier-ignore
    }));
});

describe('ipvsadm', { skip: skipWithout('ipvsadm', 'apt-get install ipvsadm') }, () => {
  const saved = (): string => execFileSync('ipvsadm', ['-Sn'], { encoding: 'utf8' });

  it('takes every scheduler', () =>
    inNewNamespace(() => {
      const rules = kernelSchedulers.map((name, index) => `-A -t 192.0.2.${index + 1}:80 -s ${name}`);
      execFileSync('ipvsadm', ['-R'], { input: `${rules.join('\n')}\n` });
      assert.deepEqual(saved().trim().split('\n').sort(), [...rules].sort());
    }));

  it('sees what the kernel client has made, in its namespace only', () =>
    withIpvsClient(async (client) => {
      const service = fwmarkService('ipv4', 7);
      client.run({ command: 'add-service', service });
      client.run({
        command: 'add-destination',
        service: keyOf(service),
        destination: destination('192.0.2.1', 8080, { weight: 3 }),
      });
      assert.equal(await inNewNamespace(saved), '');
      assert.equal(saved(), '-A -f 7 -s rr\n-a -f 7 -r 192.0.2.1:8080 -m -w 3\n');
    }));
});
