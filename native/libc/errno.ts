/** Names of the C library's error numbers, and the error of a failed system call. */
import { constants } from 'node:os';

/** Node's list lacks what no file or socket of its own returns. Linux, all architectures but mips, sparc, alpha and hppa. */
const numbers = new Map<string, number>(
  Object.entries({
    ENOTUNIQ: 76,
    ESOCKTNOSUPPORT: 94,
    EPFNOSUPPORT: 96,
    ESHUTDOWN: 108,
    ...constants.errno,
  }),
);

const names = new Map<number, string>([...numbers].map(([name, number]) => [number, name]));
/** Of two names of one number, the kernel's own. */
for (const name of ['EAGAIN', 'EOPNOTSUPP']) names.set(numbers.get(name) ?? 0, name);

/** Gives the C name of an error number (`2` is `ENOENT`), or `errno 4711` for one that has none. Never throws. */
export function errnoName(number: number): string {
  return names.get(number) ?? `errno ${number}`;
}

/** Gives the number of a C name, or null. Never throws. */
export function errnoNumber(name: string): number | null {
  return numbers.get(name) ?? null;
}

export interface SyscallErrorDetails {
  readonly syscall: string;
  /** C name, `EPERM`. */
  readonly errno: string;
  readonly errnoNumber: number;
}

/** A system call that failed. Message: `<syscall> <subject>: <errno>`. */
export class SyscallError extends Error {
  override readonly name = 'SyscallError';
  readonly code = 'ERR_SYSCALL';
  readonly details: SyscallErrorDetails;

  /** @param number positive errno */
  constructor(syscall: string, number: number, subject = '') {
    const errno = errnoName(number);
    super(`${syscall}${subject === '' ? '' : ` ${subject}`}: ${errno}`);
    this.details = { syscall, errno, errnoNumber: number };
  }
}
