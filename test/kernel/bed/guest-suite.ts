/** Runs in the guest: gives every test file a suite of its own, and notes on the host's disk which test runs. */
import { openSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, describe } from 'node:test';

/** Width of the note, padded, so that each overwrites the one before in one call. */
const noteBytes = 200;

/**
 * Registers the suite `name`, whose tests are those that `load` registers.
 *
 * The note is written before the test begins, synchronously: a test may block for ever or bring the kernel down.
 */
export function fileSuite(name: string, load: () => void): void {
  describe(name, () => {
    beforeEach((context) => note(nameOf(context)));
    afterEach(() => note(''));
    load();
  });
}

/** The types do not say so, but a hook gets the context of the test for which it runs. */
function nameOf(context: unknown): string {
  const { fullName, name } = context as { fullName?: string; name: string };
  return fullName ?? name;
}

const notes = openSync(process.argv[2] ?? '/dev/null', 'w');

function note(running: string): void {
  const bytes = Buffer.alloc(noteBytes, ' ');
  bytes.write(running);
  writeSync(notes, bytes, 0, noteBytes, 0);
}
