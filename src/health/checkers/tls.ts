/** A server is well when a TLS handshake ends well; a certificate that is about to end is told of, and is no failure. */
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../base/clock.js';
import { formatEndpoint } from '../../base/ip.js';
import type { TlsCheck } from '../../model/health-check.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { during, failure } from './failure.js';
import { TlsUpgrade } from './secure.js';
import { connected, withSocket } from './socket.js';

export type TlsProbeSettings = Pick<TlsCheck, 'tls' | 'expiresWithinMs' | 'alpn'>;

const DAY_MS = 24 * 3_600_000;

/** Connects, shakes hands and closes. */
export class TlsChecker implements Checker {
  readonly #tools: { readonly sockets: ProbeSockets; readonly clock: Clock };
  readonly #target: ProbeTarget;
  readonly #settings: TlsProbeSettings;
  readonly #upgrade: TlsUpgrade;

  constructor(
    tools: { readonly sockets: ProbeSockets; readonly clock: Clock },
    target: ProbeTarget,
    settings: TlsProbeSettings,
  ) {
    this.#tools = tools;
    this.#target = target;
    this.#settings = settings;
    const { tls, alpn } = settings;
    this.#upgrade = new TlsUpgrade(tls, tls.serverName, alpn === null ? [] : [alpn]);
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const { address, port } = this.#target;
    try {
      return await withSocket(this.#tools.sockets.connect(this.#target), signal, async (socket) => {
        await during('connect', connected(socket));
        const judge = (secure: TLSSocket) => Promise.resolve(this.#judge(secure));
        return await this.#upgrade.over(socket, address, signal, judge, 'handshake');
      });
    } catch (thrown) {
      return failure(`tls ${formatEndpoint(address, port)}`, thrown);
    }
  }

  /** @throws Error */
  #judge(secure: TLSSocket): ProbeResult {
    const { alpn, expiresWithinMs } = this.#settings;
    if (alpn !== null && secure.alpnProtocol !== alpn)
      throw new Error(`handshake: the server did not agree to the protocol ${alpn}`);
    const version = secure.getProtocol() ?? 'TLS';
    const endsMs = Date.parse(secure.getPeerCertificate().valid_to);
    if (Number.isNaN(endsMs)) return { ok: true, detail: version };
    const leftMs = endsMs - this.#tools.clock.wallMs();
    const date = new Date(endsMs).toISOString().slice(0, 10);
    if (leftMs > expiresWithinMs) return { ok: true, detail: `${version}, certificate until ${date}` };
    const left = leftMs <= 0 ? `ended on ${date}` : `ends in ${Math.floor(leftMs / DAY_MS)} d, on ${date}`;
    return { ok: true, detail: `warning: certificate ${left}; ${version}` };
  }
}
