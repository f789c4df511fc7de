/** A server is well when it accepts a connection. Nothing is sent. */
import { connect } from 'node:net';
import { formatEndpoint } from '../../base/ip.js';
import type { Checker, ProbeResult } from '../types.js';
import { failure } from './failure.js';
import { connected, withSocket } from './socket.js';

/** Where to connect. */
export interface TcpTarget {
  /** An address, never a name. */
  readonly address: string;
  /** 1..65535. */
  readonly port: number;
}

/** Connects and closes at once, in order (FIN). */
export class TcpChecker implements Checker {
  readonly #target: TcpTarget;

  constructor(target: TcpTarget) {
    this.#target = target;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const { address, port } = this.#target;
    try {
      await withSocket(connect({ host: address, port }), signal, connected);
      return { ok: true, detail: 'connected' };
    } catch (thrown) {
      return failure(`connect ${formatEndpoint(address, port)}`, thrown);
    }
  }
}
