import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CommandResult } from '../../../../native/proc/command.js';
import {
  loadModule,
  ModuleError,
  moduleState,
  schedulerModule,
  unloadModule,
  type ModulePlaces,
} from '../../../../native/proc/modules.js';

const folder = mkdtempSync(join(tmpdir(), 'lvsd-modules-'));
after(() => rmSync(folder, { recursive: true }));

const recorded = readFileSync(
  fileURLToPath(new URL('../../../golden/proc/modules', import.meta.url)),
  'utf8',
);

let machines = 0;
function machine(parts: {
  readonly loaded?: string;
  /** Folders of /sys/module and the text of their initstate, or null for none. */
  readonly sys?: Readonly<Record<string, string | null>>;
  readonly builtIn?: string;
}): ModulePlaces {
  const root = join(folder, `machine-${machines++}`);
  const places = {
    loaded: join(root, 'modules'),
    sysFolder: join(root, 'sys'),
    builtIn: join(root, 'modules.builtin'),
  };
  mkdirSync(places.sysFolder, { recursive: true });
  if (parts.loaded !== undefined) writeFileSync(places.loaded, parts.loaded);
  if (parts.builtIn !== undefined) writeFileSync(places.builtIn, parts.builtIn);
  for (const [name, state] of Object.entries(parts.sys ?? {})) {
    mkdirSync(join(places.sysFolder, name));
    if (state !== null) writeFileSync(join(places.sysFolder, name, 'initstate'), `${state}\n`);
  }
  return places;
}

describe('moduleState', () => {
  const builtIn =
    'kernel/net/ipv4/tunnel4.ko\nkernel/net/netfilter/ipvs/ip_vs.ko\nkernel/crypto/crc32c-intel.ko\n';

  it('finds the modules of a recorded kernel', () => {
    const places = machine({ loaded: recorded });
    for (const name of ['ip_vs', schedulerModule('wrr'), schedulerModule('mh'), 'ip_vs_pe_sip', 'ip-vs'])
      assert.equal(moduleState(name, places), 'loaded', name);
    for (const name of ['ip_vs_twos', 'ip_v', 'vs', 'Live', '2466'])
      assert.equal(moduleState(name, places), 'absent', name);
  });

  const cases: readonly (readonly [
    name: string,
    Parameters<typeof machine>[0],
    ReturnType<typeof moduleState>,
  ])[] = [
    ['nothing', {}, 'absent'],
    [
      'one that is just being loaded',
      { loaded: 'ip_vs 1 0 - Loading 0x0\n', sys: { ip_vs: 'coming' } },
      'absent',
    ],
    ['one that is just going', { loaded: 'ip_vs 1 0 - Unloading 0x0\n', sys: { ip_vs: 'going' } }, 'absent'],
    ['one that /sys alone shows', { sys: { ip_vs: 'live' } }, 'loaded'],
    ['one with settings in the kernel itself', { sys: { ip_vs: null } }, 'built-in'],
    ['one that the list of the kernel names', { loaded: '', builtIn }, 'built-in'],
    ['another in the list', { builtIn: 'kernel/net/netfilter/ipvs/ip_vs_rr.ko\n' }, 'absent'],
    ['one that only the end of a name is like', { builtIn: 'kernel/net/xip_vs.ko\n' }, 'absent'],
  ];
  for (const [name, parts, state] of cases)
    it(`calls ${state}: ${name}`, () => assert.equal(moduleState('ip_vs', machine(parts)), state));

  it('takes - for _', () => assert.equal(moduleState('crc32c_intel', machine({ builtIn })), 'built-in'));

  for (const name of ['..', '.', '', '../kernel', 'ip_vs/parameters'])
    it(`looks nowhere for the name ${JSON.stringify(name)}`, () => {
      assert.throws(() => moduleState(name, machine({ sys: { ip_vs: null } })), {
        code: 'ERR_MODULE_NAME',
        message: `find module ${name}: a name has letters, digits, - and _ only`,
      });
    });

  it('answers on this machine', () => {
    assert.ok(['loaded', 'built-in', 'absent'].includes(moduleState('ip_vs')));
    assert.equal(moduleState('no_such_module_of_lvsd'), 'absent');
  });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}

describe('loadModule', () => {
  const ended = (exitStatus: number, output = ''): CommandResult => ({ exitStatus, output, error: null });
  const failed = (code: string): CommandResult => ({
    exitStatus: null,
    output: '',
    error: Object.assign(new Error(`spawnSync modprobe ${code}`), { code }),
  });

  function errorOf(name: string, result: CommandResult): ModuleError {
    try {
      loadModule(name, () => result);
    } catch (error) {
      assert.ok(error instanceof ModuleError);
      return error;
    }
    return assert.fail('the module was loaded');
  }

  it('runs modprobe with the name as an argument of its own', () => {
    const runs: unknown[] = [];
    loadModule('ip_vs_wrr', (program, args) => {
      runs.push([program, ...args]);
      return ended(0);
    });
    assert.deepEqual(runs, [['modprobe', '--', 'ip_vs_wrr']]);
  });

  it('gives the words of modprobe when it refuses', () => {
    const said = 'modprobe: FATAL: Module ip_vs_x not found in directory /lib/modules/6.1.176\n';
    const error = errorOf('ip_vs_x', ended(1, said));
    assert.equal(error.code, 'ERR_MODULE_REFUSED');
    assert.equal(
      error.message,
      'load module ip_vs_x: Module ip_vs_x not found in directory /lib/modules/6.1.176',
    );
    assert.deepEqual(error.details, {
      operation: 'load module',
      module: 'ip_vs_x',
      exitStatus: 1,
      output: said.trim(),
    });
    const two = "modprobe: WARNING: x\nmodprobe: ERROR: could not insert 'ip_vs': Operation not permitted\n";
    assert.equal(
      errorOf('ip_vs', ended(1, two)).message,
      "load module ip_vs: modprobe: WARNING: x; could not insert 'ip_vs': Operation not permitted",
    );
    assert.equal(errorOf('ip_vs', ended(3)).message, 'load module ip_vs: modprobe ended with status 3');
  });

  const notRun: readonly (readonly [string, string, string])[] = [
    ['ENOENT', 'ERR_MODULE_LOADER', 'load module ip_vs: there is no modprobe on this machine (package kmod)'],
    ['EACCES', 'ERR_MODULE_LOADER', 'load module ip_vs: modprobe cannot be run, EACCES'],
    ['ETIMEDOUT', 'ERR_MODULE_INTERRUPTED', 'load module ip_vs: modprobe did not end within 30 s'],
    ['EIO', 'ERR_MODULE_INTERRUPTED', 'load module ip_vs: modprobe spawnSync modprobe EIO'],
  ];
  for (const [code, expected, message] of notRun)
    it(`says what ${code} of modprobe means`, () => {
      const error = errorOf('ip_vs', failed(code));
      assert.equal(error.code, expected);
      assert.equal(error.message, message);
      assert.equal((error.cause as NodeJS.ErrnoException).code, code);
    });

  for (const name of [
    '',
    '-r',
    '--remove',
    'ip vs',
    'ip_vs;reboot',
    '../ip_vs',
    'ip_vs\n',
    'ip_vs.ko',
    'ïp_vs',
  ])
    it(`runs nothing for the name ${JSON.stringify(name)}`, () => {
      assert.throws(() => loadModule(name, () => assert.fail('modprobe ran')), { code: 'ERR_MODULE_NAME' });
    });

  it('is not content with status 0 of a modprobe that was told to end', () => {
    const error = errorOf('ip_vs', { ...failed('ETIMEDOUT'), exitStatus: 0 });
    assert.equal(error.code, 'ERR_MODULE_INTERRUPTED');
  });

  it("heeds neither the caller's PATH nor options in its environment", () => {
    const mark = join(folder, 'mark');
    const evil = join(folder, 'evil');
    mkdirSync(evil);
    writeFileSync(join(evil, 'modprobe'), `#!/bin/sh\necho ran > ${mark}\n`, { mode: 0o755 });
    const { PATH, MODPROBE_OPTIONS } = process.env;
    // with these words modprobe says what it is, and succeeds
    process.env['MODPROBE_OPTIONS'] = '--version';
    process.env['PATH'] = `${evil}:${PATH ?? ''}`;
    try {
      assert.throws(() => loadModule('no_such_module_of_lvsd'), ModuleError);
    } finally {
      restore('PATH', PATH);
      restore('MODPROBE_OPTIONS', MODPROBE_OPTIONS);
    }
    assert.equal(existsSync(mark), false);
  });

  it('tells that there is no such module, or no modprobe, on this machine', () => {
    assert.throws(
      () => loadModule('no_such_module_of_lvsd'),
      (error) => {
        assert.ok(error instanceof ModuleError);
        assert.ok(['ERR_MODULE_REFUSED', 'ERR_MODULE_LOADER'].includes(error.code), error.code);
        return true;
      },
    );
  });
});

describe('unloadModule', () => {
  it('runs modprobe -r', () => {
    const calls: string[][] = [];
    unloadModule('sit', (program, args) => {
      calls.push([program, ...args]);
      return { exitStatus: 0, output: '', error: null };
    });
    assert.deepEqual(calls, [['modprobe', '-r', '--', 'sit']]);
  });

  it('says what it could not do, and why', () => {
    const output = 'modprobe: FATAL: Module sit is in use.\n';
    assert.throws(
      () => unloadModule('sit', () => ({ exitStatus: 1, output, error: null })),
      (error) =>
        error instanceof ModuleError &&
        error.code === 'ERR_MODULE_REFUSED' &&
        error.message === 'unload module sit: Module sit is in use.',
    );
    assert.throws(() => unloadModule('-a', () => assert.fail('modprobe ran')), { code: 'ERR_MODULE_NAME' });
  });
});
