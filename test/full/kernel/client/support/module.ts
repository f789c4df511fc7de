/** The module ip_vs, taken out of the kernel and put back. What the kernel itself would load goes through its own helper. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const helperPath = '/proc/sys/kernel/modprobe';
const helper = readFileSync(helperPath, 'utf8').trim();

/** Of ip_vs and all that is built on it, what is loaded. */
function loadedModules(): string[] {
  const names = readFileSync('/proc/modules', 'utf8').match(/^ip_vs\w*/gm) ?? [];
  return names.sort();
}

/**
 * Unloads ip_vs and all that is built on it, runs `body`, and loads again whatever was loaded before.
 *
 * The table of every namespace must be empty, those that have just gone included: they are cleaned up in the background.
 */
export async function withoutModule(body: () => void | Promise<void>): Promise<void> {
  const modules = loadedModules();
  await unload(modules);
  try {
    await body();
  } finally {
    load(...modules);
  }
}

async function unload(modules: readonly string[]): Promise<void> {
  let output = '';
  for (let attempt = 0; attempt < 100; attempt++) {
    // ip_vs itself comes first in the alphabet, and must go last
    output = spawnSync(helper, ['-r', ...modules.toReversed()], { encoding: 'utf8' }).stderr;
    if (loadedModules().length === 0) return;
    await sleep(50);
  }
  assert.fail(`the module cannot be unloaded: ${output}`);
}

export function load(...modules: readonly string[]): void {
  const { status, stderr } = spawnSync(helper, ['-a', ...modules], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

/** Runs `body` while the kernel cannot load any module. */
export async function withoutLoader(body: () => void | Promise<void>): Promise<void> {
  writeFileSync(helperPath, '/bin/false');
  try {
    await body();
  } finally {
    writeFileSync(helperPath, helper);
  }
}
