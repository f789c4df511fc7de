/** A host whose processes, load, memory and file systems are a test's. */
import type { DiskReading, HostReader } from '../../src/daemon/vrrp/tracks/host-reader.js';
import type { ProcessTable } from '../../src/daemon/vrrp/tracks/process-table.js';
import type { TrackHost } from '../../src/daemon/vrrp/tracks/track-side.js';

export interface FakeProcess {
  readonly name: string;
  /** Default: the name. */
  readonly argument?: string;
  readonly state?: string;
  readonly started?: number;
}

export class FakeTrackHost implements TrackHost {
  readonly running = new Map<number, FakeProcess>([[1, { name: 'systemd', argument: '/sbin/init' }]]);
  /** `stat 812`: what was read of processes. */
  readonly reads: string[] = [];
  /** What reading a process fails with. */
  processFault: Error | null = null;
  load: number | Error = 0.5;
  memory: number | Error = 0.5;
  /** By path; a path that is not there fails. `silent` never answers. */
  readonly disks = new Map<string, Partial<DiskReading> | 'silent'>([['/', {}]]);
  readonly askedDisks: string[] = [];

  readonly processes: ProcessTable = {
    pids: () => [...this.running.keys()],
    stat: (pid) => {
      if (this.processFault !== null) throw this.processFault;
      this.reads.push(`stat ${pid}`);
      const found = this.running.get(pid);
      if (found === undefined) return null;
      const { name, state = 'S', started = pid } = found;
      return `${pid} (${name}) ${state} 1${' 0'.repeat(17)} ${started} 0\n`;
    },
    cmdline: (pid) => {
      this.reads.push(`cmdline ${pid}`);
      const found = this.running.get(pid);
      return found === undefined ? null : `${found.argument ?? found.name}\0-x\0`;
    },
  };

  readonly reader: HostReader = {
    load: () => answer(this.load),
    memory: () => answer(this.memory),
    disk: (path) => {
      this.askedDisks.push(path);
      const disk = this.disks.get(path);
      if (disk === 'silent') return new Promise(() => undefined);
      if (disk === undefined)
        return Promise.reject(new Error(`ENOENT: no such file or directory, statfs '${path}'`));
      return Promise.resolve({ free: 0.5, isReadOnly: false, isHidden: false, ...disk });
    },
  };
}

function answer(value: number | Error): Promise<number> {
  return value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
}
