import type { SysctlFiles } from '../../../../src/host/sysctls.js';

/** Settings in memory. `ip_forward` takes the interfaces with it, as the kernel does. */
export class FakeSysctls implements SysctlFiles {
  readonly values: Map<string, string>;
  readonly readOnly = new Set<string>();
  /** Every write, in order. */
  readonly written: string[] = [];

  constructor(values: Readonly<Record<string, string | number>>) {
    this.values = new Map(Object.entries(values).map(([path, value]) => [path, String(value)]));
  }

  read(path: string): string | null {
    return this.values.get(path) ?? null;
  }

  write(path: string, text: string): void {
    if (this.readOnly.has(path)) throw Object.assign(new Error('no'), { code: 'EROFS' });
    const changed = this.values.get(path) !== text;
    this.written.push(`${path}=${text}`);
    this.values.set(path, text);
    if (path !== 'net/ipv4/ip_forward' || !changed) return;
    for (const name of this.values.keys()) {
      if (/^net\/ipv4\/conf\/.*\/forwarding$/.test(name)) this.values.set(name, text);
    }
  }

  list(folder: string): readonly string[] {
    const names = [...this.values.keys()]
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1).split('/')[0] ?? '');
    return [...new Set(names)];
  }
}
