/** What an instance sent, heard and dropped since it began. */

/** Of one instance; whole numbers. */
export interface InstanceCounters {
  'advertisements-sent': number;
  'advertisements-received': number;
  /** Among those sent: with priority 0. */
  'priority-zero-sent': number;
  /** Among those received: with priority 0. */
  'priority-zero-received': number;
  /** Not sent: the kernel refused, or had no room. */
  'send-failures': number;
  /** Its own advertisements, or those of another host with its address. */
  'own-address-received': number;
  /** Of two active ones the other was the lesser. */
  'inferior-received': number;
  'became-active': number;
  'became-backup': number;
  'became-fault': number;
  /** It was woken so late that its timers were worth nothing. */
  'late-wakes': number;
}

/** All of them 0. */
export function createCounters(): InstanceCounters {
  return {
    'advertisements-sent': 0,
    'advertisements-received': 0,
    'priority-zero-sent': 0,
    'priority-zero-received': 0,
    'send-failures': 0,
    'own-address-received': 0,
    'inferior-received': 0,
    'became-active': 0,
    'became-backup': 0,
    'became-fault': 0,
    'late-wakes': 0,
  };
}

/** Before the reason, in the names of counters of dropped packets. */
export const DROPPED = 'dropped-';
