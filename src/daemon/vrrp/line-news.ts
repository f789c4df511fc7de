/** Which lines to other directors have fallen silent, or are heard again, from one account of `lvsd-vrrp` to the next. */
import type { VrrpLine, VrrpRole } from '../../model/vrrp-role.js';

/** Something to be told, once. */
export interface LineChange {
  readonly instance: string;
  readonly line: VrrpLine;
  readonly silent: boolean;
}

export class LineNews {
  /** Told to be silent, and not heard since. */
  #silent = new Set<string>();

  /** Compares; a line that left the file is forgotten. */
  take(roles: readonly VrrpRole[]): readonly LineChange[] {
    const before = this.#silent;
    this.#silent = new Set();
    return roles.flatMap(({ instance, lines }) =>
      lines.flatMap((line) => this.#judge(instance, line, before.has(keyOf(instance, line)))),
    );
  }

  /** What is not known yet is neither. */
  #judge(instance: string, line: VrrpLine, wasSilent: boolean): readonly LineChange[] {
    const isSilent = line.state === 'silent' || (line.state === 'unknown' && wasSilent);
    if (isSilent) this.#silent.add(keyOf(instance, line));
    return isSilent === wasSilent ? [] : [{ instance, line, silent: isSilent }];
  }
}

function keyOf(instance: string, line: VrrpLine): string {
  return `${instance} ${line.interface} ${line.peer}`;
}
