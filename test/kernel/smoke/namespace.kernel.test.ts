import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { inNewNamespace } from '../support/namespace.js';

const current = (): string => readlinkSync('/proc/thread-self/ns/net');

describe('inNewNamespace', () => {
  it('gives a namespace with the loopback up, and comes back', async () => {
    const before = current();
    const inside = await inNewNamespace(() => {
      assert.deepEqual(Object.keys(networkInterfaces()), ['lo']);
      return current();
    });
    assert.notEqual(inside, before);
    assert.equal(current(), before);
  });

  it('comes back after a failure, and passes it on', async () => {
    const before = current();
    await assert.rejects(
      inNewNamespace(() => Promise.reject(new Error('of the body'))),
      /of the body/,
    );
    assert.equal(current(), before);
  });

  it('nests', () =>
    inNewNamespace(async () => {
      const outer = current();
      assert.notEqual(await inNewNamespace(current), outer);
      assert.equal(current(), outer);
    }));

  it('refuses two side by side', async () => {
    const before = current();
    let end = (): void => undefined;
    const first = inNewNamespace(() => new Promise<void>((resolve) => (end = resolve)));
    const inside = current();
    await assert.rejects(
      inNewNamespace(() => undefined),
      /another body of inNewNamespace has not ended yet/,
    );
    assert.equal(current(), inside);
    end();
    await first;
    assert.equal(current(), before);
  });

  it('moves the programs that are started', () =>
    inNewNamespace(() => {
      const seen = execFileSync('readlink', ['/proc/self/ns/net'], { encoding: 'utf8' });
      assert.equal(seen, `${current()}\n`);
    }));
});
