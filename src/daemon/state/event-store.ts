/**
 * Writes marks to state_dir, one a line, only ever at the end: nothing that a crash finds half done harms what was there
 * before. Nobody waits for it; marks of a second share a write.
 *
 *   append ──► pending ──1 s──► write, fdatasync ──ok──► pending empty?  no: again
 *                                    │ failed: what is pending is lost, and how all stands is written as soon as it goes again
 *                                    └ full or old: a new file, which begins with how all stands
 *
 * A disk that does not answer holds nothing up: so many marks wait for it and the later ones are lost, the same way.
 */
import { open } from 'node:fs/promises';
import type { Clock, Timer } from '../../base/clock.js';
import { reasonOf } from '../../base/errors.js';
import type { Standings } from '../../model/standing.js';
import { formatMark } from '../../report/mark-line.js';
import type { AllMark, Mark } from '../../report/mark.js';
import { dropOldFiles, LIMITS, markFile, markFolder, newestFile, type FolderLimits } from './mark-folder.js';

export interface EventStoreOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  /** How all stands at this moment, as the marks so far say. */
  readonly standings: () => Standings;
  /** Hears in one line that marks cannot be written, once for each reason, and null when they can again. */
  readonly onTrouble?: (trouble: string | null) => void;
  readonly limits?: FolderLimits;
  /** Opens a file to write at its end. Default: the machine's. */
  readonly openToAppend?: (path: string) => Promise<AppendedFile>;
}

/** What the store needs of an open file. */
export interface AppendedFile {
  writeFile(bytes: Uint8Array): Promise<void>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** Marks are on disk so soon, ms. */
const SOON_MS = 1000;
/** How soon after a failure it is tried again, ms: with the next heartbeat at the latest. */
const RETRY_MS = 30_000;
/** So much may come while one write is under way, characters: about 40,000 changes. */
const MOST_BEHIND = 4 * 1024 * 1024;

interface OpenFile {
  readonly handle: AppendedFile;
  readonly number: number;
  readonly begunMs: number;
  bytes: number;
}

export class EventStore {
  /** The folder with the files. */
  readonly folder: string;
  readonly #options: EventStoreOptions;
  readonly #limits: FolderLimits;
  #pending: string[] = [];
  /** What has come since the write that is under way began, characters. */
  #behind = 0;
  #timer: Timer | null = null;
  #file: OpenFile | null = null;
  /** Marks were lost. */
  #lost = false;
  #trouble: string | null = null;
  #writing: Promise<boolean> | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: EventStoreOptions) {
    this.#options = options;
    this.#limits = options.limits ?? LIMITS;
    this.folder = markFolder(options.stateDir);
  }

  /** Written within a second. After `close` nothing is. */
  append(mark: Mark): void {
    if (this.#closing !== null) return;
    // What was lost is made good by how all stands, and what comes until that can be written belongs to it.
    if (!this.#lost) this.#push(`${formatMark(mark)}\n`);
    // Else the end of the write does.
    if (this.#writing === null) this.#arm(this.#lost ? RETRY_MS : SOON_MS);
  }

  #push(line: string): void {
    if (this.#writing !== null && this.#behind >= MOST_BEHIND) {
      this.#lost = true;
      this.#tell(`write ${this.folder}: the disk does not answer`);
      return;
    }
    this.#behind += line.length;
    this.#pending.push(line);
  }

  /** Writes what is not written yet, once. Never rejects. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    while (this.#writing !== null) await this.#writing;
    if (this.#pending.length === 0 && !this.#lost) return;
    this.#behind = 0;
    this.#writing = this.#write();
    const isWritten = await this.#writing;
    this.#writing = null;
    if (isWritten && !this.#lost) this.#tell(null);
    if (this.#closing === null && (this.#lost || this.#pending.length > 0))
      this.#arm(isWritten ? SOON_MS : RETRY_MS);
  }

  /** Writes what is not written yet and ends. Idempotent and awaited; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.flush();
    await this.#file?.handle.close().catch(() => undefined);
    this.#file = null;
  }

  /** @returns whether it succeeded */
  async #write(): Promise<boolean> {
    try {
      this.#file ??= await this.#open();
      if (this.#lost) this.#pending.push(this.#formatAll());
      this.#lost = false;
      await this.#append(this.#file, this.#take());
      if (this.#isFull(this.#file)) await this.#begin(this.#file.number + 1);
      return true;
    } catch (error) {
      await this.#file?.handle.close().catch(() => undefined);
      this.#file = null;
      this.#lost = true;
      this.#pending = [];
      this.#tell(`write ${this.folder}: ${reasonOf(error)}`);
      return false;
    }
  }

  async #open(): Promise<OpenFile> {
    const { clock } = this.#options;
    const newest = await newestFile(this.folder);
    await dropOldFiles(this.folder, this.#limits);
    const begunMs = newest?.begunMs ?? clock.wallMs();
    const file = await this.#openToAppend(newest?.number ?? 1, newest?.bytes ?? 0, begunMs);
    try {
      // What a crash has cut off must not take the next line with it.
      if (newest?.isTorn === true) await this.#append(file, '\n');
      return file;
    } catch (error) {
      // On a full disk this is tried for days.
      await file.handle.close();
      throw error;
    }
  }

  /** What was appended meanwhile comes before how all stands; so it still goes to the file before. */
  async #begin(number: number): Promise<void> {
    const { clock } = this.#options;
    const before = this.#file;
    if (before === null) return;
    const next = await this.#openToAppend(number, 0, clock.wallMs());
    this.#file = next;
    const [rest, all] = [this.#take(), this.#formatAll()];
    this.#lost = false;
    try {
      if (rest !== '') await this.#append(before, rest);
    } finally {
      await before.handle.close();
    }
    await this.#append(next, all);
    await dropOldFiles(this.folder, this.#limits);
  }

  async #openToAppend(number: number, bytes: number, begunMs: number): Promise<OpenFile> {
    const { openToAppend = openFile } = this.#options;
    return { handle: await openToAppend(markFile(this.folder, number)), number, begunMs, bytes };
  }

  async #append(file: OpenFile, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    await file.handle.writeFile(bytes);
    await file.handle.datasync();
    file.bytes += bytes.length;
  }

  #isFull({ bytes, begunMs }: OpenFile): boolean {
    return bytes >= this.#limits.fileBytes || this.#options.clock.wallMs() - begunMs > this.#limits.fileAgeMs;
  }

  #take(): string {
    const text = this.#pending.join('');
    this.#pending = [];
    return text;
  }

  #formatAll(): string {
    const { clock, standings } = this.#options;
    const mark: AllMark = { kind: 'all', ...timesOf(clock), standings: standings(), lost: this.#lost };
    return `${formatMark(mark)}\n`;
  }

  #tell(trouble: string | null): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.onTrouble?.(trouble);
  }

  #arm(delayMs: number): void {
    this.#timer ??= this.#options.clock.after(delayMs, () => void this.flush());
  }
}

/** The times of a mark that is made now. */
export function timesOf(clock: Clock): { readonly wallMs: number; readonly monoMs: number } {
  return { wallMs: Math.round(clock.wallMs()), monoMs: Math.round(clock.nowMs()) };
}

function openFile(path: string): Promise<AppendedFile> {
  return open(path, 'a', 0o600);
}
