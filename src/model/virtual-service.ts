/** The domain types of one virtual service: what clients address, and how it is to be balanced. */
import type { AgentPolicy } from './agent.js';
import type { DrainPolicy } from './drain.js';
import type { ActiveCheck } from './health-check.js';
import type { ServiceKey } from './keys.js';
import type { ForwardingMethod, RealServer } from './real-server.js';
import type { ServiceAddress } from './service-address.js';
import type { Recovery } from './serving.js';
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
  /**
   * Userspace plane: persistent clients of a server with weight 0 are moved. Planes without it leave it out; the kernel
   * has it as a setting of its own.
   */
  readonly expireQuiescent?: boolean;
  /** Userspace plane: what becomes of connections whose server is removed. Planes without it leave it out. */
  readonly lostFlows?: LostFlows;
}

/** `keep`: they live on; `drop`: they are served no more, until the server comes back; `reset`: they are ended. */
export type LostFlows = 'keep' | 'drop' | 'reset';

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
  /** Empty: servers are not checked and count as up. */
  readonly checks: readonly ActiveCheck[];
  /** So many of `checks` must be good for a server to be up: 1..their number; 1 without any. */
  readonly requiredChecks: number;
  /** What a server of which nothing is known counts as. */
  readonly initial: CountedState;
  /** Servers' own word on their weight; absent: none is asked. */
  readonly agent?: AgentPolicy;
  /** A server that comes back gets its weight little by little over this time; absent: at once. */
  readonly slowStartMs?: number;
  readonly onFailure: OnFailure;
  readonly recovery: Recovery;
  /** Weights of healthy primaries together without which others serve, at least 1. */
  readonly quorum: number;
  /** What the weights have to reach again once the quorum is lost; at least `quorum`. */
  readonly quorumUp: number;
  /** Share of its servers, 0..1: while fewer are healthy, no further failed one is taken out. */
  readonly panicThreshold: number;
  /** Name of the pool of its backup servers; null = it has none. */
  readonly backupPool: string | null;
  /** Never checked, in the table only while it serves. */
  readonly sorryServer: RealServer | null;
  /** How a server leaves: by an operator's order, or as the file has it no more. */
  readonly drain: DrainPolicy;
  readonly drift: DriftPolicy;
  /** lvsd owns the service's address on this interface. */
  readonly interface: string | null;
  /** In the order of the file, those of the backup pool last. Keys are unique. */
  readonly servers: readonly RealServer[];
}
