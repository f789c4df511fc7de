/** A pool member as the file describes it. */
import type { Family } from '../base/ip.js';
import type { ServerKey } from './keys.js';

/** `nat` is masquerading, `dr` direct routing, `tun` tunnelling, `local` the director itself. */
export type ForwardingMethod = 'nat' | 'dr' | 'tun' | 'local';

export interface Tunnel {
  readonly type: 'ipip' | 'gue' | 'gre';
  /** gue only. */
  readonly port: number;
  readonly checksum: 'none' | 'on' | 'remote';
}

/** One server of one service. The same machine in two services is two RealServers. */
export interface RealServer {
  /** Unique in its service; `address:port` unless the file names it. */
  readonly name: string;
  /** Identity in its service. */
  readonly key: ServerKey;
  readonly family: Family;
  /** Canonical text without brackets. */
  readonly address: string;
  /** 0 = the packet's own port. */
  readonly port: number;
  /** 0..65535; 0 = quiesced. */
  readonly weight: number;
  readonly forwarding: ForwardingMethod;
  readonly tunnel: Tunnel | null;
  /** Connections; 0 = unset. */
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  /** Of the service's backup pool: checked like the others, in the table only while the backup pool serves. */
  readonly backup?: true;
}
