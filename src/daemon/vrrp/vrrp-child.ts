/** `lvsd-vrrp` as the director sees it: something to talk to that may end at any time. */
import type { ToVrrp } from '../../ha/messages.js';

/** What it makes known. `gone` comes once, and nothing comes after it. */
export interface VrrpChildEvents {
  /** What it said, unread. */
  readonly said: (message: unknown) => void;
  /** How it ended, for people: `exit code 1`, `SIGKILL`. */
  readonly gone: (how: string) => void;
}

export interface VrrpChild {
  /** null when it could not be started. */
  readonly pid: number | null;
  /** To one that has ended nothing is sent, and nothing is said of that. */
  send(message: ToVrrp): void;
  /** Ends it without a goodbye. */
  kill(): void;
}

/** Starts it. What keeps it from starting is told as `gone`, later. */
export type LaunchVrrp = (events: VrrpChildEvents) => VrrpChild;
