import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  currentHost,
  hostDifference,
  type HostIdentity,
} from '../../../../src/daemon/state/host-identity.js';

const host: HostIdentity = { bootId: 'b', namespace: '4:1', namespaceCookie: '7' };

describe('currentHost', () => {
  it('is the kernel’s boot and this process’s network namespace', async () => {
    const { dev, ino } = statSync('/proc/self/ns/net');
    const current = await currentHost();
    assert.equal(current?.bootId, readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
    assert.equal(current.namespace, `${dev}:${ino}`);
    assert.match(current.namespaceCookie ?? '1', /^[1-9]\d*$/);
  });

  it('is the same in every process of the boot and the namespace', async () => {
    const script = `import { currentHost } from './src/daemon/state/host-identity.ts';
      console.log(JSON.stringify(await currentHost()));`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const cwd = new URL('../../../../', import.meta.url);
    const child = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
    assert.deepEqual(JSON.parse(child.stdout), await currentHost(), child.stderr);
  });
});

describe('hostDifference', () => {
  const cases: readonly { name: string; other: HostIdentity; difference: string | null }[] = [
    { name: 'nothing', other: { ...host }, difference: null },
    { name: 'the boot', other: { ...host, bootId: 'c' }, difference: 'boot' },
    {
      name: 'the boot before all else',
      other: { bootId: 'c', namespace: '', namespaceCookie: '' },
      difference: 'boot',
    },
    { name: 'the inode', other: { ...host, namespace: '4:2' }, difference: 'namespace' },
    { name: 'the cookie', other: { ...host, namespaceCookie: '8' }, difference: 'namespace' },
    { name: 'no cookie to compare', other: { ...host, namespaceCookie: null }, difference: null },
  ];
  for (const { name, other, difference } of cases) {
    it(`finds ${name}`, () => {
      assert.equal(hostDifference(host, other), difference);
      assert.equal(hostDifference(other, host), difference);
    });
  }
});
