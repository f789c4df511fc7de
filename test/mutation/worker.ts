/** Runs the suite against one build after the other in a process of its own, which may be killed at any time. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { SchedulersModule } from '../property/tested-subject.js';
import { findKiller, prepare } from './suite.js';
import type { Scope } from './suite.js';

export interface Order extends Scope {
  /** Holds index.js. */
  readonly folder: string;
}

/** `started` comes first, once the reference's answers are there; then the verdict, null for a survivor. */
export type Report =
  { readonly kind: 'started' } | { readonly kind: 'judged'; readonly killer: string | null };

async function judge({ folder, ...scope }: Order): Promise<string | null> {
  try {
    const module = (await import(pathToFileURL(join(folder, 'index.js')).href)) as SchedulersModule;
    return findKiller(module, scope);
  } catch (error) {
    return `throws ${error instanceof Error ? error.message : String(error)}`;
  }
}

function report(message: Report): void {
  process.send?.(message);
}

process.on('message', (order: Order) => {
  prepare(order);
  report({ kind: 'started' });
  // Give the message time to leave: a mutant may never let go of the thread.
  setImmediate(() => void judge(order).then((killer) => report({ kind: 'judged', killer })));
});
