/** What is told to a director that may not read for a while: of roles, which replace one another, the newest alone waits. */
import type { FromVrrp, Roles } from './messages.js';

/** @param written called once, when the kernel has it, or will never have it */
export type SendMessage = (message: FromVrrp, written: () => void) => void;

export class Outlet {
  readonly #send: SendMessage;
  /** Sent, and not in the kernel yet. */
  #unwritten = 0;
  #roles: Roles | null = null;

  constructor(send: SendMessage) {
    this.#send = send;
  }

  /** Everything but roles is kept, and in its order. */
  tell(message: FromVrrp): void {
    if (message.kind === 'roles' && this.#unwritten > 0) this.#roles = message;
    else this.#pass(message);
  }

  #pass(message: FromVrrp): void {
    this.#unwritten += 1;
    this.#send(message, () => {
      this.#unwritten -= 1;
      const roles = this.#roles;
      if (this.#unwritten > 0 || roles === null) return;
      this.#roles = null;
      this.#pass(roles);
    });
  }
}
