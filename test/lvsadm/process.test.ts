/** The built program and its standard streams: what only a process of its own can show. Needs no kernel. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = join(root, 'dist/bin/lvsadm.cjs');

function run(
  argv: readonly string[],
  options: { input?: string | Uint8Array; path?: string; env?: Record<string, string> } = {},
): { exit: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [options.path ?? program, ...argv], {
    input: options.input ?? '',
    encoding: 'utf8',
    env: { ...process.env, ...options.env },
  });
  return { exit: status, stdout, stderr };
}

function bigListing(
  services: number,
  mode: string,
  words: string,
): ChildProcessByStdio<null, Readable, Readable> {
  const script = join(root, 'test/lvsadm/big-listing.ts');
  const argv = ['--import', 'tsx', script, String(services), mode, '--', ...words.split(' ')];
  return spawn(process.execPath, argv, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

describe('the program', () => {
  it('prints its help', () => {
    const { exit, stdout, stderr } = run(['-h']);
    assert.deepEqual([exit, stderr], [0, '']);
    assert.match(stdout, /^lvsadm: /);
  });

  it('goes by the name of the link through which it was called', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvsadm-'));
    try {
      const path = join(folder, 'ipvsadm');
      symlinkSync(program, path);
      const { exit, stderr } = run(['foo'], { path });
      assert.deepEqual([exit, stderr], [255, "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses command lines without a kernel that has IPVS', () => {
    assert.deepEqual(run(['-A']), {
      exit: 2,
      stdout: '',
      stderr: "You need to supply the 'service-address' option for the 'add-service' command\n",
    });
    assert.deepEqual(run(['-L', '-Q']), { exit: 255, stdout: '', stderr: '-Q: unknown option\n' });
    const posix = run(['--set', '1', '2', '3', '-n'], { env: { POSIXLY_CORRECT: '1' } });
    assert.equal(posix.stderr, 'unexpected argument -n\n');
  });

  it('checks rules from standard input', () => {
    const { exit, stderr } = run(['-R', '--check-first'], { input: '-C\n-A -t 10.0.0.1\n'.repeat(5000) });
    assert.equal(exit, 2);
    assert.equal(stderr.trimEnd().split('\n').length, 5000);
    assert.match(stderr, /\nline 10000: Zero port specified for non-persistent service\n$/);
  });

  it('holds a hundred thousand rules', () => {
    const rules = Array.from({ length: 100_000 }, (_, index) => `-a -f 7 -r 10.0.0.1:${index % 65536} -m\n`);
    const { exit, stderr } = run(['-R', '--check-first'], { input: `${rules.join('')}-A\n` });
    assert.equal(exit, 2, stderr.slice(0, 300));
    assert.match(stderr, /^line 100001: You need to supply .*\n$/);
  });

  it('looks up names as the machine does', () => {
    const { exit, stderr } = run(['-R', '--check-first'], {
      input: '-A -t localhost:80 -Q\n-A -t localhost:nosuch\n',
    });
    assert.equal(exit, 2);
    assert.equal(
      stderr,
      'line 1: -Q: unknown option\nline 2: illegal virtual server address[:port] specified\n',
    );
  });

  it('quotes bytes that are no UTF-8 as U+FFFD (deviation 9)', () => {
    const input = Buffer.from('-C b\xff\xe9\n', 'latin1');
    const { exit, stderr } = run(['-R', '--check-first'], { input });
    assert.deepEqual([exit, stderr], [2, 'line 1: unexpected argument b\ufffd\ufffd\n']);
  });

  it('tells of output that cannot be written (deviation 7)', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [program, '-h'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    assert.deepEqual([status, stderr], [1, 'write standard output: ENOSPC\n']);
  });
});

describe('a long listing', () => {
  /** More than any pipe holds. */
  const services = 4000;
  const listing = '-L --nosort --json';

  for (const mode of ['blocking', 'nonblocking']) {
    it(`loses nothing on a ${mode} pipe that is full`, async () => {
      const child = bigListing(services, mode, listing);
      // the pipe is full by the time that the first byte is read
      child.stdout.pause();
      await once(child.stdout, 'readable');
      const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
      assert.equal(stderr, '');
      const document = JSON.parse(stdout) as { services: { fwmark: number }[] };
      const marks = document.services.map(({ fwmark }) => fwmark);
      assert.deepEqual(
        marks,
        Array.from({ length: services }, (_, index) => index + 1),
      );
      assert.ok(stdout.length > 1_000_000, String(stdout.length));
    });
  }

  it('ends quietly when its reader has gone (deviation 7)', async () => {
    const child = bigListing(services, 'blocking', listing);
    const stderr = textOf(child.stderr);
    const ended = once(child, 'exit');
    await once(child.stdout, 'readable');
    child.stdout.destroy();
    const [status] = (await ended) as [number | null];
    assert.deepEqual([status, await stderr], [141, '']);
  });
});
