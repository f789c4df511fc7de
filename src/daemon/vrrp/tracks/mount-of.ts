/** Finds the file system of a path in /proc/self/mountinfo. Pure; format of proc_pid_mountinfo(5). */

export interface Mount {
  readonly at: string;
  /** Of the file system that is mounted. */
  readonly root: string;
  /**
   * The file system itself is so: after errors of its disk, or by an order. Not that lvsd alone is kept from writing, as by
   * `ProtectSystem=` of its unit, or by a bind mount.
   */
  readonly isReadOnly: boolean;
}

/** @param path absolute, without symbolic links; null = not even the root is mounted */
export function mountOf(mountinfo: string, path: string): Mount | null {
  let found: Mount | null = null;
  for (const line of mountinfo.split('\n')) {
    const mount = parseMount(line);
    // Of two at one place the later one covers the one before.
    if (mount !== null && covers(mount.at, path) && (found === null || mount.at.length >= found.at.length))
      found = mount;
  }
  return found;
}

/** `36 35 98:0 /root /at rw,noatime - ext3 /dev/sda ro,errors=continue`, with optional fields before the hyphen. */
function parseMount(line: string): Mount | null {
  const fields = line.split(' ');
  const separator = fields.indexOf('-');
  const [root, at, options] = [fields[3], fields[4], fields[separator + 3]];
  if (separator < 6 || root === undefined || at === undefined || options === undefined) return null;
  return { at: unescape(at), root: unescape(root), isReadOnly: options.split(',').includes('ro') };
}

function covers(at: string, path: string): boolean {
  return at === '/' || path === at || path.startsWith(`${at}/`);
}

/** Blank, tab, line end and backslash are written in octal digits. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
