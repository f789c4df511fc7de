/**
 * The kernel's daemons that tell other directors of connections, so that those survive a takeover.
 *
 * @see ipvsadm(8), --start-daemon
 */

/** `master` tells of the connections that it sees; `backup` hears of them. A network namespace has at most one of each. */
export type SyncRole = 'master' | 'backup';

export const SYNC_ROLES: readonly SyncRole[] = ['master', 'backup'];

/** What both daemons of a director are to be like. */
export interface SyncSettings {
  readonly interface: string;
  /** 0..255: a backup hears masters with its own number. */
  readonly syncId: number;
  /**
   * The instance whose role decides: master while it is active, backup else. null = both at any time, for directors each of
   * which is active for something.
   */
  readonly follow: string | null;
  /** Multicast group of either family; null = the kernel's, 224.0.0.81. */
  readonly group: string | null;
  /** null = the kernel's, 8848. */
  readonly port: number | null;
  /** null = the kernel's, 1. */
  readonly ttl: number | null;
  /** Bytes of a message's payload; null = what the interface carries. */
  readonly maxLength: number | null;
}

/** One daemon. Fields that are null are the kernel's to choose, or were not told. */
export interface SyncDaemon extends Omit<SyncSettings, 'follow'> {
  readonly role: SyncRole;
}

/** The daemons of a director as status and metrics show them. */
export interface SyncStatus {
  readonly interface: string;
  readonly syncId: number;
  /** null = both roles at any time. */
  readonly follow: string | null;
  /** That run, as they were seen last. */
  readonly running: readonly SyncRole[];
  /** Why it is not as it ought to be, for people; empty when it is. */
  readonly problem: string;
}
