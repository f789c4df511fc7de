/** The ways to servers through their services' addresses: who opens them, and what of this host they need. */
import type { ServerKey, ServiceKey } from '../../model/keys.js';
import type { HostFacts } from './way-back.js';
import type { SourcePorts } from './source-ports.js';

/** A way that is open until `close`, or why there is none. */
export type OpenedPath =
  /** Packets with this firewall mark take it. */
  | { readonly mark: number; readonly close: () => void }
  /** For people; it says nothing of the server. */
  | { readonly mark: null; readonly reason: string };

export interface TruePaths {
  /**
   * Opens the way to one server.
   *
   * @param signal its abort ends the wait for a place
   * Never rejects.
   */
  open(service: ServiceKey, server: ServerKey, signal: AbortSignal): Promise<OpenedPath>;
  readonly ports: SourcePorts;
  readonly host: HostFacts;
}
