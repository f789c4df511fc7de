/**
 * What is told to a director that may not read for a while: of roles, which replace one another, the newest alone waits, and
 * of problems, which may go on for as long as it stands still, so many as the heap has room for. What else there is comes of
 * instances that take part, which they do no longer after `stall_limit`.
 */
import type { FromVrrp, Roles } from './messages.js';

/** @param written called once, when the kernel has it, or will never have it */
export type SendMessage = (message: FromVrrp, written: () => void) => void;

/** Of a few hundred bytes each. */
export const MOST_UNWRITTEN = 1000;

/** From which nothing follows. */
const LOSABLE: ReadonlySet<FromVrrp['kind']> = new Set(['problem', 'conflict']);

export class Outlet {
  readonly #send: SendMessage;
  /** Sent, and not in the kernel yet. */
  #unwritten = 0;
  #lost = 0;
  #roles: Roles | null = null;

  constructor(send: SendMessage) {
    this.#send = send;
  }

  /** Keeps what is told in its order; problems that come when `MOST_UNWRITTEN` messages wait are counted only. */
  tell(message: FromVrrp): void {
    if (message.kind === 'roles' && this.#unwritten > 0) this.#roles = message;
    else if (this.#unwritten >= MOST_UNWRITTEN && LOSABLE.has(message.kind)) this.#lost += 1;
    else this.#pass(message);
  }

  #pass(message: FromVrrp): void {
    this.#unwritten += 1;
    this.#send(message, () => {
      this.#unwritten -= 1;
      if (this.#unwritten === 0) this.#passWaiting();
    });
  }

  #passWaiting(): void {
    const lost = this.#lost;
    const roles = this.#roles;
    this.#lost = 0;
    this.#roles = null;
    if (lost > 0) this.#pass({ kind: 'problem', instance: null, message: lossOf(lost) });
    if (roles !== null) this.#pass(roles);
  }
}

function lossOf(lost: number): string {
  return `tell the director: it read nothing for a while, and ${lost} problems of that time are lost`;
}
