/** Reads the text of the files in /proc that tell how busy a host is. Pure; formats of proc(5). */

/** The first figure of `/proc/loadavg`; null when it is not there. */
export function parseLoad(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?) /.exec(text);
  return match === null ? null : Number(match[1]);
}

export interface Memory {
  readonly availableBytes: number;
  readonly totalBytes: number;
}

/** `MemTotal` and `MemAvailable` of `/proc/meminfo`; null when one is missing (kernels before 3.14) or the total is 0. */
export function parseMemory(text: string): Memory | null {
  const bytesOf = (name: string): number | null => {
    const match = new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text);
    return match === null ? null : Number(match[1]) * 1024;
  };
  const [totalBytes, availableBytes] = [bytesOf('MemTotal'), bytesOf('MemAvailable')];
  if (totalBytes === null || availableBytes === null || totalBytes === 0) return null;
  return { totalBytes, availableBytes };
}

/** Number, local address and port, remote address and port, state: `  12: 0100007F:1F90 0100007F:C0DE 01 ...`. */
const CONNECTION = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /;
/** TCP_ESTABLISHED of the kernel's tcp_states.h. */
const ESTABLISHED = '01';

/** Counts the established connections of some local ports in `/proc/net/tcp` or `tcp6`, which come in pieces. */
export class ConnectionCounter {
  readonly #ports: ReadonlySet<string>;
  #rest = '';
  #count = 0;

  constructor(ports: readonly number[]) {
    this.#ports = new Set(ports.map((port) => port.toString(16).toUpperCase().padStart(4, '0')));
  }

  /** Those in all whole lines so far. */
  get count(): number {
    return this.#count;
  }

  take(piece: string): void {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const match = CONNECTION.exec(line);
      if (match?.[2] === ESTABLISHED && this.#ports.has(match[1] ?? '')) this.#count++;
    }
  }
}
