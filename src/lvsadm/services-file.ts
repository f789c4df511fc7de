/** Names of ports: what /etc/services says. Pure. */
import { protocolByNumber } from './protocols.js';

/** Ports by name and names by port, the first line that fits deciding, as getservbyname(3) and getservbyport(3) have it. */
export class ServicesFile {
  /** Keys `http/tcp`. */
  readonly #ports = new Map<string, number>();
  /** Keys `80/tcp`. */
  readonly #names = new Map<string, string>();

  /**
   * Lines `name port/protocol alias...`, with `#` before what is not read; others are passed over.
   *
   * @see services(5)
   */
  constructor(text: string) {
    for (const line of text.split('\n')) this.#add(line);
  }

  /** @param protocol IP protocol number. @returns null where there is no such name. Never throws. */
  port(name: string, protocol: number): number | null {
    return this.#ports.get(`${name}/${protocolByNumber(protocol)?.name ?? ''}`) ?? null;
  }

  /** @returns null where the port has no name. Never throws. */
  name(port: number, protocol: number): string | null {
    return this.#names.get(`${port}/${protocolByNumber(protocol)?.name ?? ''}`) ?? null;
  }

  #add(line: string): void {
    const comment = line.indexOf('#');
    const words = (comment < 0 ? line : line.slice(0, comment))
      .split(/[ \t\v\f\r]+/)
      .filter((it) => it !== '');
    const [name, place, ...aliases] = words;
    const parts = /^([^/]+)\/(.+)$/.exec(place ?? '');
    if (name === undefined || parts === null) return;
    const port = parsePort(parts[1] ?? '');
    const protocol = parts[2] ?? '';
    if (port === null) return;
    addFirst(this.#names, `${port}/${protocol}`, name);
    for (const it of [name, ...aliases]) addFirst(this.#ports, `${it}/${protocol}`, port);
  }
}

function addFirst<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (!map.has(key)) map.set(key, value);
}

/** Also hexadecimal and, with a leading 0, octal; a port has 16 bits whatever the file says. */
function parsePort(text: string): number | null {
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8) & 0xffff;
  return /^(\d+|0[xX][0-9a-fA-F]+)$/.test(text) ? Number(text) & 0xffff : null;
}
