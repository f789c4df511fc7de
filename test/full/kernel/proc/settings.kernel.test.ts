import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { CommandRunner } from '../../../../native/proc/command.js';
import { loadModule, ModuleError, moduleState, schedulerModule } from '../../../../native/proc/modules.js';
import {
  ipvsSysctls,
  readIpvsSysctl,
  readIpvsSysctls,
  writeIpvsSysctl,
} from '../../../../native/proc/sysctl.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';

const folder = '/proc/sys/net/ipv4/vs';

describe('the settings of IPVS', () => {
  it('are all known, and read as the files say', () =>
    inNewNamespace(() => {
      const names = readdirSync(folder);
      assert.deepEqual(
        names.filter((name) => !(ipvsSysctls as readonly string[]).includes(name)),
        [],
      );
      const values = readIpvsSysctls();
      assert.deepEqual(Object.keys(values).sort(), names.sort());
      for (const [name, value] of Object.entries(values)) {
        const text = readFileSync(`${folder}/${name}`, 'utf8').trim();
        assert.equal([value].flat().join('\t'), text, name);
      }
    }));

  it('are written, in this namespace alone', () =>
    inNewNamespace(async () => {
      writeIpvsSysctl('conntrack', 1);
      writeIpvsSysctl('sync_threshold', [1, 20]);
      writeIpvsSysctl('sync_refresh_period', 10);
      assert.deepEqual(
        [
          readIpvsSysctl('conntrack'),
          readIpvsSysctl('sync_threshold'),
          readIpvsSysctl('sync_refresh_period'),
        ],
        [1, [1, 20], 10],
      );
      await inNewNamespace(() => {
        assert.equal(readIpvsSysctl('conntrack'), 0);
        assert.deepEqual(readIpvsSysctl('sync_threshold'), [3, 50]);
      });
      assert.equal(readIpvsSysctl('conntrack'), 1);
    }));

  it('are left alone when the kernel refuses a value', () =>
    inNewNamespace(() => {
      const refused = [
        () => writeIpvsSysctl('sync_threshold', [60, 50]),
        () => writeIpvsSysctl('sync_ports', 3),
        () => writeIpvsSysctl('conntrack', 2 ** 40),
      ];
      for (const write of refused)
        assert.throws(write, {
          code: 'ERR_SYSCALL',
          message: /^write \/proc\/sys\/net\/ipv4\/vs\/\w+: EINVAL$/,
        });
      assert.deepEqual(readIpvsSysctl('sync_threshold'), [3, 50]);
      assert.equal(readIpvsSysctl('sync_ports'), 1);
    }));

  it('are named when this kernel lacks one, or may not be written', () =>
    inNewNamespace(() => {
      const absent = ipvsSysctls.find((name) => !readdirSync(folder).includes(name));
      if (absent !== undefined) {
        assert.throws(() => readIpvsSysctl(absent), { message: `open ${folder}/${absent}: ENOENT` });
        assert.throws(() => writeIpvsSysctl('est_cpulist', '0'), /^SyscallError: open .*: (ENOENT|EACCES)$/);
      }
      process.seteuid!(65534);
      try {
        assert.throws(() => writeIpvsSysctl('conntrack', 1), { message: `open ${folder}/conntrack: EACCES` });
        assert.equal(readIpvsSysctl('conntrack'), 0);
      } finally {
        process.seteuid!(0);
      }
    }));
});

describe('the modules of IPVS', () => {
  /** The program that this kernel itself asks: it knows where the guest's modules are. */
  const guestModprobe: CommandRunner = (_program, args) => {
    const program = readFileSync('/proc/sys/kernel/modprobe', 'utf8').trim();
    const { status, stderr, error = null } = spawnSync(program, args, { encoding: 'utf8' });
    return { exitStatus: status, output: stderr, error };
  };

  it('are loaded, or not', () => {
    for (const name of ['ip_vs', 'ip_vs_pe_sip', schedulerModule('wrr'), schedulerModule('mh')])
      assert.equal(moduleState(name), 'loaded', name);
    assert.equal(moduleState(schedulerModule('none')), 'absent');
  });

  it('are loaded when asked for, and said to be missing when they are', () => {
    loadModule('ip_vs', guestModprobe);
    const before = moduleState('ip_vs_ftp');
    loadModule('ip_vs_ftp', guestModprobe);
    assert.deepEqual([before, moduleState('ip_vs_ftp')], ['absent', 'loaded']);
    assert.throws(
      () => loadModule(schedulerModule('none'), guestModprobe),
      (error) => {
        assert.ok(error instanceof ModuleError);
        assert.equal(error.code, 'ERR_MODULE_REFUSED');
        assert.match(error.message, /^load module ip_vs_none: Module ip_vs_none not found in directory /);
        return true;
      },
    );
  });
});
