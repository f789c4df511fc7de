import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { memoryFolder } from './bed/guest-memory.js';
import { findKernel } from './bed/kernel-package.js';

/** A machine of its own: programs that are in `bin` and nowhere else, and a cache. */
let machine: string;
let environment: Record<string, string>;
const cached = (path: string): string => join(machine, 'cache', path);

beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), 'lvsd-kernel-package-test-'));
  mkdirSync(join(machine, 'bin'));
  for (const tool of ['sh', 'flock', 'mktemp', 'mv', 'rm', 'mkdir', 'touch', 'chmod']) {
    const path = execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
    symlinkSync(path, join(machine, 'bin', tool));
  }
  program('bin/modprobe', '');
  program('bin/ip', '');
  environment = { PATH: join(machine, 'bin'), LVSD_UML_CACHE: join(machine, 'cache') };
});
afterEach(() => rmSync(machine, { recursive: true }));

function program(path: string, text: string): void {
  const file = join(machine, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

/** apt and dpkg that keep a record and yield a package with a kernel in it. */
function offerPackage(): void {
  program('bin/apt-get', `echo "$@" >>${machine}/log; touch user-mode-linux_6.1_amd64.deb`);
  program(
    'bin/dpkg',
    'mkdir -p "$3/usr/bin" "$3/usr/lib/uml/modules/6.1.7"; touch "$3/usr/bin/linux.uml"; chmod 755 "$3/usr/bin/linux.uml"',
  );
}

async function reasonOf(): Promise<string> {
  const found = await findKernel(environment);
  assert.ok('reason' in found);
  return found.reason;
}

describe('findKernel', () => {
  it('fetches the package once for two runs at the same time', async () => {
    offerPackage();
    const expected = {
      program: cached('usr/bin/linux.uml'),
      modules: cached('usr/lib/uml/modules/6.1.7'),
      release: '6.1.7',
    };
    assert.deepEqual(await Promise.all([findKernel(environment), findKernel(environment)]), [
      expected,
      expected,
    ]);
    assert.equal(readFileSync(join(machine, 'log'), 'utf8'), 'download user-mode-linux\n');
    assert.deepEqual(readdirSync(cached('.')).sort(), ['lock', 'usr']);
  });

  it('takes what is in the cache without asking apt', async () => {
    program('cache/usr/bin/linux.uml', '');
    mkdirSync(cached('usr/lib/uml/modules/6.1.8'), { recursive: true });
    const found = await findKernel(environment);
    assert.ok('release' in found);
    assert.equal(found.release, '6.1.8');
  });

  it('clears away what an earlier run left half done', async () => {
    offerPackage();
    program('cache/new.dead/usr/bin/linux.uml', '');
    assert.ok('release' in (await findKernel(environment)));
    assert.ok(!existsSync(cached('new.dead')));
  });

  it('says what apt said, and the cure, and leaves nothing half done', async () => {
    program('bin/apt-get', 'echo "E: Unable to locate package user-mode-linux" >&2; exit 100');
    assert.match(
      await reasonOf(),
      /E: Unable to locate package user-mode-linux\); cure: apt-get install user-mode-linux/,
    );
    assert.deepEqual(readdirSync(cached('.')), ['lock']);
  });

  it('says that apt-get is missing', async () => {
    assert.match(await reasonOf(), /apt-get.* not found\); cure:/);
  });

  it('says that the package holds no kernel', async () => {
    offerPackage();
    program('bin/dpkg', 'mkdir -p "$3/usr/share"');
    assert.match(await reasonOf(), /the package has no kernel\); cure:/);
  });

  it('says that the cache cannot be made', async () => {
    writeFileSync(join(machine, 'file'), '');
    environment['LVSD_UML_CACHE'] = join(machine, 'file/cache');
    assert.match(await reasonOf(), /ENOTDIR.*; cure:/);
  });
});

describe('a part without a kernel', () => {
  const run = (require: string): ReturnType<typeof spawnSync> => {
    const smoke = fileURLToPath(new URL('smoke.test.ts', import.meta.url));
    const options = { env: { ...environment, LVSD_TEST_REQUIRE: require }, encoding: 'utf8' } as const;
    return spawnSync(process.execPath, ['--import', 'tsx', '--test-reporter=spec', smoke], options);
  };

  it('is skipped, with the cure', () => {
    const { status, stdout } = run('');
    assert.equal(status, 0);
    assert.match(String(stdout), /skipped: no user-mode-linux kernel.*cure: apt-get install/);
    assert.match(String(stdout), /skipped 1/);
  });

  it('fails where a kernel is required', () => {
    const { status, stdout } = run('openssl, kernel');
    assert.equal(status, 1);
    assert.match(String(stdout), /no user-mode-linux kernel.*required by LVSD_TEST_REQUIRE/);
  });
});

describe('memoryFolder', () => {
  it('is /dev/shm only where that has room and may hold programs', () => {
    const mounted = 'tmpfs /dev/shm tmpfs rw,nosuid 0 0\n';
    assert.equal(memoryFolder(0, mounted), '/dev/shm');
    assert.equal(memoryFolder(2 ** 40, mounted), tmpdir());
    assert.equal(memoryFolder(0, 'shm /dev/shm tmpfs rw,noexec 0 0\n'), tmpdir());
    assert.equal(memoryFolder(0, 'tmpfs /run tmpfs rw 0 0\n'), tmpdir());
  });
});
