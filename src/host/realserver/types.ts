/** The host as setup sees it, and the steps that change it: the narrow seam between decisions and the kernel. */
import type { Address, AddressFamily } from './request.js';

export interface HostLink {
  readonly name: string;
  readonly up: boolean;
  /** `dummy`, `ipip`, `gre`; null for hardware and loopback. */
  readonly kind: string | null;
  /** The loopback, or one that neither asks who has an address nor answers: dummies and tunnels. */
  readonly silent: boolean;
}

export interface HostAddress extends Address {
  readonly device: string;
  readonly prefixLength: number;
}

/** A default route of the main table. */
export interface DefaultRoute {
  readonly family: AddressFamily;
  /** Null for a route without a gateway, with several next hops, or one that leads nowhere. */
  readonly gateway: string | null;
  readonly device: string | null;
  /** Lower is preferred. */
  readonly metric: number;
  /** `default via 10.0.0.1 dev eth0 metric 100`. */
  readonly text: string;
  /** All that the kernel says of it, base64, to make it again as it was. */
  readonly saved: string;
}

export interface ReceivingPort {
  readonly family: AddressFamily;
  readonly port: number;
  /** For GUE; else for one protocol alone. */
  readonly gue: boolean;
}

/** The host at one moment. */
export interface Observed {
  readonly links: readonly HostLink[];
  readonly addresses: readonly HostAddress[];
  readonly routes: readonly DefaultRoute[];
  /** Of the module fou. */
  readonly ports: readonly ReceivingPort[];
  /** The module fou runs; false also where nobody asked. */
  readonly encapsulation: boolean;
  /** By path below /proc/sys; what is not there is missing. */
  readonly sysctls: ReadonlyMap<string, string>;
}

/** What to read beside links, addresses and default routes. */
export interface Question {
  /** Paths below /proc/sys; a part `*` is every folder there. */
  readonly sysctls: readonly string[];
  readonly ports: boolean;
}

/** A change of the host that setup makes. Every one can be taken back. */
export type Step =
  /** `link` is the interface that comes with it; null for the module fou. */
  | { readonly kind: 'load-module'; readonly module: string; readonly link: string | null }
  | { readonly kind: 'create-link'; readonly link: string }
  | { readonly kind: 'raise-link'; readonly link: string }
  | { readonly kind: 'write-sysctl'; readonly path: string; readonly value: string }
  | { readonly kind: 'add-port'; readonly family: AddressFamily; readonly port: number }
  | { readonly kind: 'add-address'; readonly address: Address; readonly device: string }
  | {
      readonly kind: 'add-route';
      readonly family: AddressFamily;
      readonly gateway: string;
      readonly device: string | null;
      readonly metric: number;
    }
  | {
      readonly kind: 'remove-route';
      readonly family: AddressFamily;
      readonly text: string;
      readonly saved: string;
    };

/** The way back of a step. */
export type UndoStep =
  | { readonly kind: 'unload-module'; readonly module: string }
  | { readonly kind: 'delete-link'; readonly link: string }
  /** `bare`: it had no address before, so none may stay: going up, the loopback gets one from the kernel. */
  | { readonly kind: 'lower-link'; readonly link: string; readonly bare: boolean }
  | { readonly kind: 'write-sysctl'; readonly path: string; readonly value: string }
  | { readonly kind: 'delete-port'; readonly family: AddressFamily; readonly port: number }
  | { readonly kind: 'delete-address'; readonly address: Address; readonly device: string }
  | (Omit<Extract<Step, { kind: 'add-route' }>, 'kind'> & { readonly kind: 'delete-route' })
  | (Omit<Extract<Step, { kind: 'remove-route' }>, 'kind'> & { readonly kind: 'restore-route' });

/** The running host, or one in memory. Its network namespace is that of the calling thread. */
export interface RealServerHost {
  observe(question: Question): Observed;
  /** @throws Error of the kernel, of the file or of modprobe */
  apply(step: Step | UndoStep): void;
  /**
   * Tells why a module that setup loaded cannot be unloaded without harm, or null where nothing uses it.
   *
   * @param link the interface that the kernel makes with it, or null
   */
  moduleUse(module: string, link: string | null): string | null;
  /** Tells this boot and this network namespace from others, for the record. */
  identity(): HostIdentity;
}

export interface HostIdentity {
  readonly bootId: string;
  /** `net:[4026531840]`. */
  readonly namespace: string;
}
