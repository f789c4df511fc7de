/** TLS over a connection that is there. */
import { createSecureContext, connect, type SecureContext, type TLSSocket } from 'node:tls';
import { isIP, type Socket } from 'node:net';
import type { TlsSettings } from '../../model/health-check.js';
import { during } from './failure.js';
import { cover, reached, withSocket } from './socket.js';

/** What does not depend on the server's name. */
type TrustSettings = Omit<TlsSettings, 'serverName'>;

const contexts = new WeakMap<TrustSettings, SecureContext>();

/** One for all servers of a check: to read a bundle of authorities takes milliseconds and a megabyte. */
export function secureContextOf(settings: TrustSettings): SecureContext {
  const known = contexts.get(settings);
  if (known !== undefined) return known;
  const { authorities, client } = settings;
  const context = createSecureContext({
    ...(authorities === null ? {} : { ca: authorities }),
    ...(client === null ? {} : { cert: client.certificate, key: client.privateKey }),
  });
  contexts.set(settings, context);
  return context;
}

/** Makes TLS of connections to one server. */
export class TlsUpgrade {
  readonly #settings: TrustSettings;
  readonly #serverName: string | null;
  readonly #alpn: readonly string[];

  /**
   * @param settings of the check, the very object: what is made of them is kept by it
   * @param alpn protocols to offer; none = no offer
   */
  constructor(settings: TrustSettings, serverName: string | null, alpn: readonly string[]) {
    this.#settings = settings;
    this.#serverName = serverName;
    this.#alpn = alpn;
  }

  /**
   * Shakes hands over a connected socket and lends the result to `use`.
   *
   * @throws Error that names `phase`; what `use` throws
   */
  async over<T>(
    socket: Socket,
    address: string,
    signal: AbortSignal,
    use: (secure: TLSSocket) => Promise<T>,
    phase = 'TLS',
  ): Promise<T> {
    const serverName = this.#serverName;
    const name = sniName(serverName);
    const secure = connect({
      socket,
      // Without a name the certificate is compared with this address, and no SNI is sent.
      host: addressIn(serverName) ?? address,
      rejectUnauthorized: this.#settings.verify,
      secureContext: secureContextOf(this.#settings),
      ...(name === null ? {} : { servername: name }),
      ...(this.#alpn.length === 0 ? {} : { ALPNProtocols: [...this.#alpn] }),
    });
    cover(socket, secure);
    return await withSocket(secure, signal, async (ready) => {
      await during(phase, reached(ready, 'secureConnect'));
      return await use(ready);
    });
  }
}

/** Of a Host header, without its port. Null for an address, which SNI does not allow (RFC 6066 section 3). */
export function sniName(host: string | null): string | null {
  const name = host?.replace(/:\d+$/, '') ?? '';
  return name === '' || name.startsWith('[') || addressIn(host) !== null ? null : name;
}

/** The address that a name is, with or without brackets and port; null when it is none. */
function addressIn(host: string | null): string | null {
  const inBrackets = /^\[(.*)\](?::\d+)?$/.exec(host ?? '')?.[1];
  const candidates = [inBrackets, host, host?.replace(/:\d+$/, '')];
  return candidates.find((each) => isIP(each ?? '') !== 0) ?? null;
}
