/** The files through which host and guest speak: what init needs, and the exit code that it writes. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const initScript = fileURLToPath(new URL('init.sh', import.meta.url));

const fstab = `
proc      /proc          proc
sysfs     /sys           sysfs
devtmpfs  /dev           devtmpfs
devpts    /dev/pts       devpts    X-mount.mkdir
tmpfs     /dev/shm       tmpfs     X-mount.mkdir
tmpfs     /run           tmpfs     mode=755
tmpfs     /run/tmp       tmpfs     mode=1777,X-mount.mkdir
cgroup2   /sys/fs/cgroup cgroup2   nofail
`;

/** Where the modules of the guest's kernel are. */
export interface KernelModules {
  readonly modules: string;
  readonly release: string;
}

/** What differs between beds. */
export interface GuestBed {
  /** The first process on the host's files. */
  readonly init: string;
  /** Tells the command where it runs: 1 in its environment. */
  readonly variable: string;
}

const umlBed: GuestBed = { init: initScript, variable: 'UML' };

/** The folder of one run. Only this user reads it: the environment may hold secrets. */
export class GuestFolder {
  private constructor(readonly path: string) {}

  static create(): GuestFolder {
    return new GuestFolder(mkdtempSync(join(tmpdir(), 'lvsd-kernel-')));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes what the init script needs to run `command`. */
  prepare(
    kernel: KernelModules,
    command: readonly string[],
    cwd: string,
    environment: NodeJS.ProcessEnv,
    bed: GuestBed = umlBed,
  ): void {
    copyFileSync(bed.init, this.file('init'));
    chmodSync(this.file('init'), 0o700);
    writeFileSync(this.file('fstab'), fstab);
    writeFileSync(this.file('command'), commandScript(command, cwd, { ...environment, [bed.variable]: '1' }));
    // modprobe -d wants the usual tree below the folder that it is given.
    mkdirSync(this.file('lib/modules'), { recursive: true });
    symlinkSync(kernel.modules, this.file(`lib/modules/${kernel.release}`));
    const modprobe = `#!/bin/sh\nexec modprobe -d ${quote(this.path)} "$@"\n`;
    writeFileSync(this.file('modprobe'), modprobe, { mode: 0o700 });
  }

  /** Null when the guest ended before the command did. */
  exitCode(): number | null {
    const file = this.file('exit-code');
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) : null;
  }

  /** May be called twice. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** `env -i`, for the shell cannot hold every name that an environment may have. */
function commandScript(command: readonly string[], cwd: string, environment: NodeJS.ProcessEnv): string {
  const complete: NodeJS.ProcessEnv = {
    ...environment,
    TMPDIR: '/run/tmp',
    PATH: `${environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`,
  };
  const settings = Object.entries(complete)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => quote(`${name}=${value ?? ''}`));
  return `cd ${quote(cwd)} || exit 125\nexec env -i ${settings.join(' ')} ${command.map(quote).join(' ')}\n`;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
