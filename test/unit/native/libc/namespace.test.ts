import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { enterNetworkNamespace } from '../../../../native/libc/namespace.js';

const repository = new URL('../../../../', import.meta.url);

/** Runs in a process of its own, for a thread that left its namespace may not find back. */
const journey = `
  import { readlinkSync } from 'node:fs';
  import { enterNetworkNamespace, enterNewNetworkNamespace } from './native/libc/namespace.ts';
  const where = () => readlinkSync('/proc/thread-self/ns/net');
  const home = where();
  try {
    enterNewNetworkNamespace();
    const away = where();
    enterNetworkNamespace('/proc/' + process.ppid + '/ns/net');
    console.log(JSON.stringify({ left: away !== home, returned: where() === home }));
  } catch (error) {
    console.log(JSON.stringify({ message: error.message, stayed: where() === home }));
  }
`;

describe('network namespaces', () => {
  it('are entered and left by the calling thread, or refused with EPERM and nothing changed', () => {
    const args = ['--import', 'tsx', '--input-type=module', '-e', journey];
    const child = spawnSync(process.execPath, args, { cwd: repository, encoding: 'utf8' });
    assert.equal(child.status, 0, child.stderr);
    const outcomes = [
      { left: true, returned: true },
      { message: 'unshare network namespace: EPERM', stayed: true },
    ];
    const outcome = JSON.parse(child.stdout) as unknown;
    const expected = process.getuid?.() === 0 ? outcomes : outcomes.slice(1);
    assert.ok(
      expected.some((candidate) => JSON.stringify(candidate) === JSON.stringify(outcome)),
      child.stdout,
    );
  });

  it('are refused when the path is no namespace', () => {
    assert.throws(() => enterNetworkNamespace('/dev/null'), { message: 'setns /dev/null: EINVAL' });
  });

  it('are refused in the platform’s words when the path is not there', () => {
    assert.throws(() => enterNetworkNamespace('/run/netns/lvsd-is-not-there'), { code: 'ENOENT' });
  });
});
