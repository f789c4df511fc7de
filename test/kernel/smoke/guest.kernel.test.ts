import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { describe, it } from 'node:test';
import { kernelSchedulers } from '../support/schedulers.js';

describe('the guest', () => {
  const modules = readFileSync('/proc/modules', 'utf8');

  it('runs a kernel of its own, with ip_vs', () => {
    assert.ok(readFileSync('/proc/version', 'utf8').startsWith(`Linux version ${release()} `));
    assert.match(modules, /^ip_vs /m);
    assert.match(readFileSync('/proc/net/ip_vs', 'utf8'), /^IP Virtual Server version/);
  });

  it('has loaded every scheduler', () => {
    const missing = kernelSchedulers.filter((name) => !modules.includes(`ip_vs_${name} `));
    assert.deepEqual(missing, []);
  });
});
