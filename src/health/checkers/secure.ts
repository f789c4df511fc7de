/** TLS over a connection that is there. */
import { createSecureContext, connect, type SecureContext, type TLSSocket } from 'node:tls';
import { isIP, type Socket } from 'node:net';
import type { TlsSettings } from '../../model/health-check.js';
import { cover, reached, withSocket } from './socket.js';

/** Makes TLS of connections to one server. Reading authorities takes time, so it is done once. */
export class TlsUpgrade {
  readonly #settings: TlsSettings;
  readonly #alpn: readonly string[];
  #context: SecureContext | null = null;

  /** @param alpn protocols to offer; none = no offer */
  constructor(settings: TlsSettings, alpn: readonly string[]) {
    this.#settings = settings;
    this.#alpn = alpn;
  }

  /**
   * Shakes hands over a connected socket and lends the result to `use`.
   *
   * @throws the TLS error; what `use` throws
   */
  async over<T>(
    socket: Socket,
    address: string,
    signal: AbortSignal,
    use: (secure: TLSSocket) => Promise<T>,
    phase: (work: Promise<unknown>) => Promise<unknown> = (work) => work,
  ): Promise<T> {
    const { verify, serverName } = this.#settings;
    const name = sniName(serverName);
    const secure = connect({
      socket,
      // Without a name the certificate is compared with this address, and no SNI is sent.
      host: addressIn(serverName) ?? address,
      rejectUnauthorized: verify,
      secureContext: this.#secureContext(),
      ...(name === null ? {} : { servername: name }),
      ...(this.#alpn.length === 0 ? {} : { ALPNProtocols: [...this.#alpn] }),
    });
    cover(socket, secure);
    return await withSocket(secure, signal, async (ready) => {
      await phase(reached(ready, 'secureConnect'));
      return await use(ready);
    });
  }

  #secureContext(): SecureContext {
    const { authorities, client } = this.#settings;
    this.#context ??= createSecureContext({
      ...(authorities === null ? {} : { ca: authorities }),
      ...(client === null ? {} : { cert: client.certificate, key: client.privateKey }),
    });
    return this.#context;
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
