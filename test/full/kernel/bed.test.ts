/** The bed itself: what fails in the guest fails on the host, with a reason, and nothing is left behind. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findKernel } from '../../kernel/bed/kernel-package.js';
import { skipOrFail } from '../../support/require-tool.js';

const kernel = await findKernel();
const skip = 'reason' in kernel ? skipOrFail('kernel', kernel.reason) : false;

const folder = mkdtempSync(join(tmpdir(), 'lvsd-bed-test-'));
/** Where the guests of this file have their own folders, so that those of others are not looked at. */
const runs = join(folder, 'runs');
const runPrefix = join(runs, 'lvsd-kernel-');
before(() => mkdirSync(runs));
after(() => rmSync(folder, { recursive: true }));

type Run = ChildProcessByStdio<null, Readable, Readable>;

function start(program: 'command' | 'test-command', words: readonly string[], seconds = 60): Run {
  const main = fileURLToPath(new URL(`../../kernel/bed/${program}.ts`, import.meta.url));
  return startScript(main, words, seconds);
}

function startScript(script: string, words: readonly string[], seconds = 60): Run {
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  return spawn(process.execPath, ['--import', 'tsx', '--test-reporter=spec', script, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment, TMPDIR: runs, LVSD_KERNEL_SECONDS: String(seconds) },
  });
}

interface Result {
  readonly code: number | null;
  readonly output: Buffer;
  readonly errors: Buffer;
}

async function resultOf(run: Run): Promise<Result> {
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  run.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  run.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const [code] = (await once(run, 'close')) as [number | null];
  return { code, output: Buffer.concat(output), errors: Buffer.concat(errors) };
}

const command = (...words: string[]): Promise<Result> => resultOf(start('command', words));

/** Runs test files of the given texts. */
function tests(texts: readonly string[], seconds?: number): Promise<Result> {
  const files = texts.map((text, index) => {
    const file = join(mkdtempSync(join(folder, 'tests-')), `number-${index}.kernel.test.ts`);
    writeFileSync(
      file,
      `import assert from 'node:assert/strict';\nimport { describe, it } from 'node:test';\n${text}`,
    );
    return file;
  });
  return resultOf(start('test-command', files, seconds));
}

const passing = "it('passes', () => assert.ok(true));";

/** Host processes that belong to a guest of this file. */
function processes(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((id) => commandLine(id))
    .filter((line) => line.includes(runPrefix));
}

function commandLine(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** The end of other processes tells us nothing, so this looks again until the file's time limit. */
async function nothingLeft(): Promise<void> {
  const folders = (): string[] => readdirSync(runs).filter((name) => join(runs, name).startsWith(runPrefix));
  while (processes().length > 0 || folders().length > 0) await wait(20);
}

describe('a command in the guest', { skip }, () => {
  after(nothingLeft);

  it('passes its exit code on', async () => {
    assert.equal((await command('true')).code, 0);
    assert.equal((await command('sh', '-c', 'exit 3')).code, 3);
    assert.equal((await command('sh', '-c', 'kill -9 $$')).code, 137);
  });

  it('gets its words as they are', async () => {
    const words = ['', "it's", '$HOME', 'two  words', '*', 'Zoë\n2'];
    const { output } = await command('printf', '[%s]', ...words);
    assert.equal(output.toString(), words.map((word) => `[${word}]`).join(''));
  });

  it('loses and changes nothing of a megabyte on either output', async () => {
    const script = 'head -c 1000000 /dev/urandom >"$0"; cat "$0" & cat "$0" >&2; wait';
    const { output, errors } = await command('sh', '-c', script, join(folder, 'bytes'));
    const bytes = readFileSync(join(folder, 'bytes'));
    assert.equal(bytes.length, 1_000_000);
    assert.ok(output.equals(bytes), `${output.length} bytes on standard output`);
    assert.ok(errors.equals(bytes), `${errors.length} bytes on standard error`);
  });

  it('does not wait for what it leaves running', async () => {
    const { code, output } = await command('sh', '-c', 'sleep 1000 & echo done');
    assert.deepEqual([code, output.toString()], [0, 'done\n']);
  });

  it('finds a kernel that loads modules by itself', async () => {
    const { code, errors } = await command(
      'sh',
      '-c',
      'ip link add dummy7 type dummy && ip link add vlan7 link dummy7 type vlan id 7',
    );
    assert.equal(code, 0, errors.toString());
  });

  it('runs beside another', async () => {
    const results = await Promise.all([command('echo', 'one'), command('echo', 'two')]);
    assert.deepEqual(results.map(({ output }) => output.toString()), ['one\n', 'two\n']); // prettier-ignore
  });

  it('is killed after the time limit', async () => {
    const { code, errors } = await resultOf(start('command', ['sleep', '1000'], 3));
    assert.equal(code, 124);
    assert.match(errors.toString(), /killed after 3 s/);
  });

  it('is told when the kernel panics', async () => {
    const { code, errors } = await command('sh', '-c', 'echo c >/proc/sysrq-trigger; sleep 100');
    assert.equal(code, 125);
    assert.match(errors.toString(), /kernel died before the command ended[^]*sysrq triggered crash/);
  });

  it('is told when the kernel is killed', async () => {
    const run = start('command', ['sh', '-c', 'echo up; sleep 1000']);
    const result = resultOf(run);
    await once(run.stdout, 'data');
    const kernels = readdirSync('/proc').filter((id) => /linux\.uml.*umid=/.test(commandLine(id)) && commandLine(id).includes(runs)); // prettier-ignore
    process.kill(Math.min(...kernels.map(Number)), 'SIGKILL');
    assert.equal((await result).code, 125);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
    it(`takes the guest along when ${signal} ends it`, async () => {
      const run = start('command', ['sh', '-c', 'echo up; sleep 1000']);
      await once(run.stdout, 'data');
      assert.notDeepEqual(processes(), []);
      run.kill(signal);
      assert.deepEqual(await once(run, 'exit'), [null, signal]);
      await nothingLeft();
    });
  }
});

describe('test files in the guest', { skip }, () => {
  after(nothingLeft);

  it('pass, and are named', async () => {
    const { code, output } = await tests([
      passing,
      "describe('group', () => { it('passes too', () => {}); });",
    ]);
    assert.equal(code, 0);
    for (const text of ['number-0.kernel.test.ts', 'passes too', 'pass 2'])
      assert.ok(output.includes(text), text);
  });

  it('fail when a test fails, with the place in the source', async () => {
    const { code, output, errors } = await tests([
      "\nit('adds', () => {\n  assert.equal(1 + 1, 3);\n});",
      passing,
    ]);
    assert.equal(code, 1);
    assert.match(output.toString(), /pass 1\n.*fail 1\n/);
    assert.match(output.toString(), /failing tests:[^]*adds[^]*2 !== 3[^]*number-0\.kernel\.test\.ts:5:/);
    assert.match(errors.toString(), /exit code 1 in the guest/);
  });

  it('fail on a syntax error, with the place', async () => {
    const { code, errors } = await tests([passing, "it('breaks', () => {"]);
    assert.equal(code, 1);
    assert.match(errors.toString(), /number-1\.kernel\.test\.ts:3:20: ERROR/);
  });

  it('fail when one throws as it loads, and the others run', async () => {
    const { code, output } = await tests(["throw new Error('not loaded');", passing]);
    assert.equal(code, 1);
    assert.match(output.toString(), /pass 1\n/);
    assert.match(output.toString(), /failing tests:[^]*Error: not loaded/);
  });

  it('fail when one holds no test, and the others run', async () => {
    const { code, output, errors } = await tests(["describe('empty', () => {});", passing]);
    assert.equal(code, 1);
    assert.match(output.toString(), /pass 1\n/);
    assert.match(errors.toString(), /number-0\.kernel\.test\.ts: holds no test/);
  });

  it('pass when all is skipped', async () => {
    const { code } = await tests([
      "describe('group', { skip: 'why' }, () => { it('x', () => {}); });",
      "it.skip('x');",
    ]);
    assert.equal(code, 0);
  });

  it('fail when the process ends in the middle', async () => {
    const { code, errors } = await tests(["it('leaves', () => process.exit(0));", passing]);
    assert.equal(code, 1);
    assert.match(errors.toString(), /ended before its tests did while ".*leaves" ran/);
  });

  it('tell which test hung', async () => {
    const blocked = "it('blocks', () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); });";
    const { code, errors } = await tests([passing, blocked], 12);
    assert.equal(code, 1);
    assert.match(errors.toString(), /guest killed after 12 s while ".*blocks" ran/);
  });

  it('tell in which test the kernel died', async () => {
    const panic =
      "import { writeFileSync } from 'node:fs';\nit('panics', () => writeFileSync('/proc/sysrq-trigger', 'c'));";
    const { code, errors } = await tests([panic]);
    assert.equal(code, 1);
    assert.match(errors.toString(), /kernel died while ".*panics" ran[^]*sysrq triggered crash/);
  });
});

describe('a part', { skip }, () => {
  after(nothingLeft);

  /** Runs a host's test file with a part that consists of one test file. */
  function part(text: string): Promise<Result> {
    const host = mkdtempSync(join(folder, 'part-'));
    mkdirSync(join(host, 'tests'));
    writeFileSync(join(host, 'tests/only.kernel.test.ts'), `import { it } from 'node:test';\n${text}\n`);
    const library = JSON.stringify(new URL('../../kernel/part.ts', import.meta.url).href);
    const call = "kernelPart('is whole', new URL('tests/', import.meta.url));";
    writeFileSync(join(host, 'part.test.mts'), `import { kernelPart } from ${library};\n${call}\n`);
    return resultOf(startScript(join(host, 'part.test.mts'), []));
  }

  it('passes with its tests', async () => {
    const { code, output } = await part("it('passes', () => {});");
    assert.equal(code, 0);
    assert.match(output.toString(), /✔ is whole/);
  });

  it('fails with them, and its failure tells which', async () => {
    const { code, output } = await part("it('breaks', () => { throw new Error('broken'); });");
    assert.equal(code, 1);
    assert.match(output.toString(), /✖ is whole[^]*exit code 1 in the guest[^]*✖ breaks[^]*Error: broken/);
  });
});
