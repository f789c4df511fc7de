/** What a director is made of that is there before it: opened, read and locked by who starts it. */
import type { Clock, Random } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { LoadOptions } from '../config/load.js';
import type { BootConfig } from './boot-config.js';
import type { Remembered } from './director-state.js';
import type { OpenedPlane } from './open-chosen-plane.js';
import type { HaHost } from './vrrp/ha-side.js';
import type { PeerOf } from './state/peer-credentials.js';
import type { StateLock } from './state/state-lock.js';

/** Hears what a director does, for who supervises it. */
export interface DirectorObserver {
  /** A round has ended, also one that found nothing to do. */
  roundFinished(): void;
  /** A reload has begun; `reloaded` follows, accepted or not. */
  reloading(): void;
  reloaded(): void;
}

export interface DaemonOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Configuration file; absolute. */
  readonly file: string;
  /** How the file is read, now and at each reload. */
  readonly load: LoadOptions;
  /** What was read. */
  readonly boot: BootConfig;
  /** Which plane, and the kernel's if it is that; the director closes it. */
  readonly chosen: OpenedPlane;
  /** Where instances of VRRP are driven. */
  readonly ha: HaHost;
  /** Of state_dir, held since before that was read; the director releases it. */
  readonly lock: StateLock;
  /** What an earlier director left in state_dir. */
  readonly remembered: Remembered;
  /** Who is at the other end of a control connection. */
  readonly peerOf: PeerOf;
  /** Absolute. */
  readonly socket: string;
  /** Mode of the socket's folder if it has to be made. */
  readonly socketFolderMode: number;
  /** Absolute. */
  readonly stateDir: string;
  /** The process's effective user id. */
  readonly uid: number;
  readonly observer?: DirectorObserver | undefined;
}
