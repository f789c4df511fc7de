/** Requests attribute by attribute, also such as no client sends, and the errno that the kernel answers with. */
import { encodeGenericHeader } from '../../../../../native/genetlink/message.js';
import { resolveFamily } from '../../../../../native/genetlink/family.js';
import { IPVS_GENL_NAME, IPVS_GENL_VERSION } from '../../../../../native/ipvs/constants.js';
import { AttributeWriter } from '../../../../../native/netlink/attribute.js';
import { NetlinkConnection } from '../../../../../native/netlink/connection.js';
import { NETLINK_GENERIC } from '../../../../../native/netlink/constants.js';
import { NetlinkError } from '../../../../../native/netlink/errors.js';
import { SocketTransport } from '../../../../../native/netlink/socket-transport.js';

/** Attributes by id: bytes, or the attributes of a nest. */
export type RawAttributes = Readonly<{ [id: number]: Uint8Array | RawAttributes }>;

export class RawConnection {
  readonly #connection = new NetlinkConnection(SocketTransport.open(NETLINK_GENERIC));
  readonly family = resolveFamily(this.#connection, IPVS_GENL_NAME)?.id ?? 0;

  /** @returns the errno's C name, or `done` */
  request(command: number, attributes: RawAttributes, family = this.family): string {
    return this.#run(command, attributes, (request) =>
      this.#connection.request({ ...request, type: family }, () => null),
    );
  }

  /** @returns the errno's C name, or the number of entries */
  dump(command: number, attributes: RawAttributes): string {
    return this.#run(command, attributes, (request) =>
      this.#connection.dump({ ...request, type: this.family }, () => null),
    );
  }

  close(): void {
    this.#connection.close();
  }

  #run(
    command: number,
    attributes: RawAttributes,
    run: (request: Omit<Parameters<NetlinkConnection['request']>[0], 'type'>) => unknown[],
  ): string {
    try {
      const entries = run({
        operation: `command ${command}`,
        encode: (writer) => {
          encodeGenericHeader(writer, command, IPVS_GENL_VERSION);
          writeAttributes(new AttributeWriter(writer), attributes);
        },
      });
      return entries.length === 0 ? 'done' : `${entries.length} entries`;
    } catch (error) {
      if (error instanceof NetlinkError && error.details.errno !== null) return error.details.errno;
      throw error;
    }
  }
}

function writeAttributes(writer: AttributeWriter, attributes: RawAttributes): void {
  for (const [id, value] of Object.entries(attributes)) {
    if (value instanceof Uint8Array) {
      writer.bytes(Number(id), value, `attribute ${id}`);
    } else {
      const nest = writer.begin(Number(id));
      writeAttributes(writer, value);
      writer.end(nest, `attribute ${id}`);
    }
  }
}

/** Values in the byte order of the machine. */
export function u8(value: number): Uint8Array {
  return Uint8Array.of(value);
}

export function u16(value: number): Uint8Array {
  return new Uint8Array(Uint16Array.of(value).buffer);
}

export function u32(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

/** With its NUL. */
export function text(value: string): Uint8Array {
  return Buffer.from(`${value}\0`, 'latin1');
}

/** The attributes without one of them. */
export function without(attributes: RawAttributes, id: number): RawAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([other]) => Number(other) !== id));
}
