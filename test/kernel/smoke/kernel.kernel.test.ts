import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { describe, it } from 'node:test';
import { skipWithout } from '../../support/require-tool.js';
import { inNewNamespace } from '../support/namespace.js';

const schedulers = [
  'rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'dh', 'sh', 'sed', 'nq', 'mh', 'fo', 'ovf',
] as const; // prettier-ignore

describe('the guest', () => {
  it('runs a kernel of its own, with ip_vs', () => {
    assert.match(release(), /^\d+\.\d+/);
    assert.match(readFileSync('/proc/net/ip_vs', 'utf8'), /^IP Virtual Server version/);
  });

  it('loads every scheduler', () => {
    const modules = readFileSync('/proc/modules', 'utf8');
    assert.deepEqual(
      schedulers.filter((name) => !modules.includes(`ip_vs_${name} `)),
      [],
    );
  });
});

describe('ipvsadm in the guest', { skip: skipWithout('ipvsadm', 'apt-get install ipvsadm') }, () => {
  const services = (): string => execFileSync('ipvsadm', ['-Sn'], { encoding: 'utf8' });

  it('takes every scheduler', () =>
    inNewNamespace(() => {
      const rules = schedulers.map((name, index) => `-A -t 192.0.2.${index + 1}:80 -s ${name}`);
      execFileSync('ipvsadm', ['-R'], { input: `${rules.join('\n')}\n` });
      assert.deepEqual(services().trim().split('\n').sort(), [...rules].sort());
    }));

  it('has an empty table in a new namespace, and the old one afterwards', () =>
    inNewNamespace(async () => {
      execFileSync('ipvsadm', ['-A', '-f', '7', '-s', 'rr']);
      await inNewNamespace(() => assert.equal(services(), ''));
      assert.equal(services(), '-A -f 7 -s rr\n');
    }));
});
