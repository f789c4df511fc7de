/**
 * Keeps the plane below the process's limit of open descriptors, so that it turns a client away by its own
 * decision and can say so, before accept or connect fails with EMFILE.
 */
import { readFileSync } from 'node:fs';

/** Left for logs, health checks, the admin socket. */
const RESERVED = 256;
/** Where the limit cannot be read: the smallest default among usual systems. */
const UNKNOWN_LIMIT = 1024;

export class DescriptorBudget {
  readonly limit: number;
  #used = 0;

  /** @param limit descriptors that listeners, connections and sessions may hold together */
  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Reserves `count` descriptors, or none of them. */
  take(count: number): boolean {
    if (this.#used + count > this.limit) return false;
    this.#used += count;
    return true;
  }

  /** Reserves for what must be open whatever the limit says, as listeners. */
  occupy(count: number): void {
    this.#used += count;
  }

  give(count: number): void {
    this.#used -= count;
  }
}

/** What this process may spend on listeners, connections and sessions: its soft RLIMIT_NOFILE less a reserve for everything else. */
export function processDescriptorLimit(): number {
  const total = openFilesLimit();
  return Math.max(Math.floor(total / 2), total - RESERVED);
}

function openFilesLimit(): number {
  let limits: string;
  try {
    limits = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    // Not Linux: no such file is the answer.
    return UNKNOWN_LIMIT;
  }
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (soft === undefined) return UNKNOWN_LIMIT;
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft);
}
