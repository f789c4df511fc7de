/** When V8 compiles what runs often. For a process that lives a second that is most of what a large listing would cost. */
import { setFlagsFromString } from 'node:v8';

/**
 * Of bytecode, which a function runs before it is compiled. V8's own is about a hundred thousand, so that a listing of a thousand
 * services compiles dozens of functions and ends before that pays. With this tens of thousands of services still have it.
 */
const interpretedBytes = 16_000_000;

/** A number that V8 reads anew for each function; where it no longer has it, it would say so on standard error. */
const lastKnownVersion = 13;

/** Puts compiling off for the rest of this process. Never throws. */
export function compileLate(): void {
  if (Number.parseInt(process.versions.v8, 10) > lastKnownVersion) return;
  setFlagsFromString(`--interrupt-budget=${interpretedBytes}`);
}
