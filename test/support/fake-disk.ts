/**
 * A disk that forgets, as real ones do when the power goes: what was not synced may be there, in part, or not at all,
 * and names in a folder may have come in any selection of the changes that were not synced.
 */
import type { FileContent, FileSystem, OpenedFile } from '../../src/daemon/state/atomic-file.js';

export type DiskOperation = 'remove' | 'create' | 'write' | 'sync' | 'close' | 'rename' | 'open-folder';

/** The machine stopped here. */
export class PowerLoss extends Error {}

interface Inode {
  /** What is there for whoever reads now. */
  text: string;
  /** What outlives a loss of power, whole; null when nothing of it is sure. */
  synced: string | null;
}

interface NameChange {
  readonly name: string;
  readonly inode: Inode | null;
}

export class FakeDisk implements FileSystem {
  /** Each system call so far. */
  readonly operations: DiskOperation[] = [];
  /** Runs before each system call: may throw, or wait. */
  before: (operation: DiskOperation, index: number) => void | Promise<void> = () => undefined;
  readonly #now = new Map<string, Inode>();
  readonly #durable = new Map<string, Inode>();
  #unsynced: NameChange[] = [];

  /** Puts a file there that has been there for long. */
  put(path: string, text: string): void {
    const inode = { text, synced: text };
    this.#now.set(path, inode);
    this.#durable.set(path, inode);
  }

  /** What a reader finds while the machine runs; null = no such file. */
  read(path: string): string | null {
    return this.#now.get(path)?.text ?? null;
  }

  get names(): string[] {
    return [...this.#now.keys()].sort();
  }

  /** Everything that the file may hold after a loss of power at this moment; null = no such file. */
  afterPowerLoss(path: string): Set<string | null> {
    const found = new Set<string | null>();
    for (let chosen = 0; chosen < 2 ** this.#unsynced.length; chosen++) {
      let inode = this.#durable.get(path) ?? null;
      this.#unsynced.forEach((change, index) => {
        if (change.name === path && (chosen & (1 << index)) !== 0) inode = change.inode;
      });
      for (const text of contentsOf(inode)) found.add(text);
    }
    return found;
  }

  async remove(path: string): Promise<void> {
    await this.#call('remove');
    if (this.#now.has(path)) this.#change(path, null);
  }

  async create(path: string): Promise<OpenedFile> {
    await this.#call('create');
    if (this.#now.has(path)) throw Object.assign(new Error(`EEXIST ${path}`), { code: 'EEXIST' });
    const inode: Inode = { text: '', synced: null };
    this.#change(path, inode);
    return {
      writeFile: async (content) => {
        await this.#call('write');
        inode.text += textOf(content);
        inode.synced = null;
      },
      sync: async () => {
        await this.#call('sync');
        inode.synced = inode.text;
      },
      close: () => this.#call('close'),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call('rename');
    const inode = this.#now.get(from);
    if (inode === undefined) throw Object.assign(new Error(`ENOENT ${from}`), { code: 'ENOENT' });
    this.#change(to, inode);
    this.#change(from, null);
  }

  async openFolder(): Promise<OpenedFile> {
    await this.#call('open-folder');
    return {
      writeFile: () => Promise.reject(new Error('EISDIR')),
      sync: async () => {
        await this.#call('sync');
        for (const { name, inode } of this.#unsynced) set(this.#durable, name, inode);
        this.#unsynced = [];
      },
      close: () => this.#call('close'),
    };
  }

  async #call(operation: DiskOperation): Promise<void> {
    this.operations.push(operation);
    await this.before(operation, this.operations.length - 1);
  }

  #change(name: string, inode: Inode | null): void {
    set(this.#now, name, inode);
    this.#unsynced.push({ name, inode });
  }
}

function set(names: Map<string, Inode>, name: string, inode: Inode | null): void {
  if (inode === null) names.delete(name);
  else names.set(name, inode);
}

/** Of what is not synced any beginning may be there, or the length alone. */
function contentsOf(inode: Inode | null): (string | null)[] {
  if (inode === null) return [null];
  if (inode.synced !== null) return [inode.synced];
  const beginnings = Array.from({ length: inode.text.length + 1 }, (_, length) =>
    inode.text.slice(0, length),
  );
  return [...beginnings, '\0'.repeat(inode.text.length)];
}

function textOf(content: FileContent): string {
  return typeof content === 'string' ? content : Buffer.concat(content).toString();
}
