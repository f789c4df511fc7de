/** The domain types of one virtual service: what clients address, and how it is to be balanced. */
import type { HealthCheck } from './health-check.js';
import type { ServiceKey } from './keys.js';
import type { ForwardingMethod, RealServer } from './real-server.js';
import type { ServiceAddress } from './service-address.js';
import type { CountedState } from './status.js';

export type { MatchRule, Protocol, ServiceAddress } from './service-address.js';

export interface Persistence {
  /** Seconds, at least 1. */
  readonly timeoutSec: number;
  /** Client network kept together: IPv4 1..32, IPv6 1..128. */
  readonly prefixLength: number;
  /** Kernel persistence engine; udp only. */
  readonly engine?: 'sip';
}

/** Settings of a service that a data plane programs and that a plan compares, all editable in place. */
export interface ServiceSettings {
  /** A kernel scheduler name, or the absolute path of a module (userspace plane only). */
  readonly scheduler: string;
  /** Which text of the module, as it was when the file that names it was read; absent for a kernel name. */
  readonly schedulerVersion?: string;
  /** Sorted `ipvsadm -b` names. */
  readonly schedulerFlags: readonly string[];
  readonly persistence: Persistence | null;
  /** UDP: each datagram is scheduled anew. */
  readonly onePacket: boolean;
  /** Userspace plane: how often a refused connect is tried on another server. Planes without it leave it out. */
  readonly retries?: number;
}

/** Who serves a service: the director's own plane, or the userspace plane for this one. */
export type ServicePlane = 'kernel' | 'proxy';

/** What happens to the connections' entry of a server whose check failed. */
export type OnFailure = 'remove' | 'quiesce';

/** What to do when somebody else changed the table. */
export type DriftPolicy = 'repair' | 'alert' | 'ignore';

/** One virtual service as the file describes it, with pools resolved and defaults filled in. */
export interface VirtualService {
  /** Unique; labels metrics and logs. */
  readonly name: string;
  /** Identity in the table. */
  readonly key: ServiceKey;
  readonly address: ServiceAddress;
  readonly settings: ServiceSettings;
  /** Method of servers that do not say otherwise. */
  readonly forwarding: ForwardingMethod;
  readonly plane: ServicePlane;
  /** With `proxy`, a dr or tun service may be served as nat where the plane is userspace. */
  readonly fallback: 'none' | 'proxy';
  readonly check: HealthCheck;
  /** What a server of which nothing is known counts as. */
  readonly initial: CountedState;
  readonly onFailure: OnFailure;
  readonly drift: DriftPolicy;
  /** lvsd owns the service's address on this interface. */
  readonly interface: string | null;
  /** In the order of the file. Keys are unique. */
  readonly servers: readonly RealServer[];
}
