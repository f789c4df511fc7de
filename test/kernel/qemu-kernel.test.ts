import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { findQemuKernel } from './bed/qemu/qemu-kernel.js';

const root = 0;

/** A machine of its own: programs that are in `bin`, and a cache. */
let machine: string;
let environment: Record<string, string>;
const cached = (path: string): string => join(machine, 'cache', path);

beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), 'lvsd-qemu-kernel-test-'));
  mkdirSync(join(machine, 'bin'));
  const tools = [
    'sh',
    'flock',
    'mktemp',
    'mv',
    'rm',
    'mkdir',
    'touch',
    'chmod',
    'cp',
    'ln',
    'sed',
    'head',
    'basename',
  ];
  for (const tool of [...tools, 'awk', 'find', 'cat']) {
    const path = execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
    symlinkSync(path, join(machine, 'bin', tool));
  }
  for (const tool of ['qemu-system-x86_64', 'virtiofsd', 'ip', 'nft', 'depmod', 'modprobe'])
    program(`bin/${tool}`, '');
  environment = { PATH: join(machine, 'bin'), LVSD_QEMU_CACHE: join(machine, 'cache') };
});
afterEach(() => rmSync(machine, { recursive: true }));

function program(path: string, text: string): void {
  const file = join(machine, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

/** apt and dpkg that keep a record and yield a kernel with two modules and a busybox. */
function offerPackages(): void {
  program('bin/apt-cache', 'echo linux-image-cloud-amd64; echo "  Depends: linux-image-6.1.9-cloud"');
  program('bin/apt-get', `echo "$@" >>${machine}/log; touch kernel.deb busybox.deb`);
  program(
    'bin/dpkg',
    `case $2 in
    *kernel*)
      mkdir -p "$3/boot" "$3/lib/modules/6.1.9-cloud/kernel"
      touch "$3/boot/vmlinuz-6.1.9-cloud" "$3/lib/modules/6.1.9-cloud/kernel/one.ko" ;;
    *)
      mkdir -p "$3/bin"
      printf '#!/bin/sh\\ncat\\n' >"$3/bin/busybox"; chmod 755 "$3/bin/busybox" ;;
    esac`,
  );
  program('bin/modprobe', 'echo "insmod $2/lib/modules/6.1.9-cloud/kernel/one.ko "');
}

async function reasonOf(uid = root): Promise<string> {
  const found = await findQemuKernel(environment, uid);
  assert.ok('reason' in found);
  return found.reason;
}

describe('findQemuKernel', () => {
  it('fetches kernel and busybox once for two runs at the same time, and packs the start', async () => {
    offerPackages();
    const both = await Promise.all([findQemuKernel(environment, root), findQemuKernel(environment, root)]);
    for (const found of both) {
      assert.ok('release' in found, JSON.stringify(found));
      assert.equal(found.release, '6.1.9-cloud');
      assert.equal(found.modules, cached('guest/lib/modules/6.1.9-cloud'));
      assert.ok(existsSync(found.image));
      // busybox's cpio is a cat here: what it was to pack
      const packed = readFileSync(found.startImage, 'utf8').trim().split('\n').sort();
      assert.deepEqual(
        packed.filter((path) => !path.endsWith('/dev') && !path.endsWith('/host') && path !== '.'),
        ['./busybox', './init', './modules', './modules/10'],
      );
    }
    assert.equal(
      readFileSync(join(machine, 'log'), 'utf8'),
      'download linux-image-6.1.9-cloud busybox-static\n',
    );
    assert.deepEqual(readdirSync(cached('.')).sort(), ['guest', 'lock']);
  });

  it('says what apt said, and the cure, and leaves nothing half done', async () => {
    program('bin/apt-cache', '');
    program('bin/apt-get', 'echo "E: Unable to locate package linux-image-cloud-amd64" >&2; exit 100');
    assert.match(
      await reasonOf(),
      /E: Unable to locate package linux-image-cloud-amd64\); cure: apt-get update/,
    );
    assert.deepEqual(readdirSync(cached('.')), ['lock']);
  });

  it('names what is not installed, with the cure', async () => {
    rmSync(join(machine, 'bin/qemu-system-x86_64'));
    // the folders of system programs are looked in, too
    assert.match(
      await reasonOf(),
      /^qemu-system-x86_64.* not installed; cure: apt-get install qemu-system-x86 /,
    );
  });

  it('says that it needs root before it fetches anything', async () => {
    offerPackages();
    assert.match(await reasonOf(1000), /only for root; cure: run this as root$/);
    assert.ok(!existsSync(join(machine, 'log')));
  });
});
