/**
 * Puts fixed bytes in place of what differs from one boot to the next, so that recordings of the same answers are the same
 * bytes. Everything else stays as it was.
 */
import { concat, hexOf, hostIsLittleEndian, readMessages } from '../../support/scripted-messages.js';
import type { SeenMessage } from '../../support/scripted-messages.js';

/** The family's id in recordings. */
export const recordedFamily = 0x21;

const NLMSG_ERROR = 2;
const GENL_ID_CTRL = 0x10;
const CTRL_CMD_NEWFAMILY = 1;
const CTRL_ATTR_FAMILY_ID = 1;
const IPVS_CMD_NEW_SERVICE = 1;
const NLM_F_MULTI = 2;

/**
 * Masks one datagram:
 * - the id of family IPVS, as message type, in the request headers that errors repeat and where the control family tells it,
 *   is 0x21;
 * - port ids are 0.
 *
 * @param family the id that the kernel gave out
 */
export function maskDatagram(datagram: Uint8Array, family: number): Uint8Array {
  return concat(...readMessages(datagram).map((message) => maskMessage(message, family)));
}

function maskMessage(message: SeenMessage, family: number): Uint8Array {
  const bytes = concat(message.bytes, new Uint8Array((4 - (message.bytes.length % 4)) % 4));
  const view = new DataView(bytes.buffer);
  const maskType = (offset: number): void => {
    if (view.getUint16(offset, hostIsLittleEndian) === family) {
      view.setUint16(offset, recordedFamily, hostIsLittleEndian);
    }
  };
  maskType(4);
  view.setUint32(12, 0, hostIsLittleEndian);
  if (message.type === NLMSG_ERROR) {
    maskType(16 + 4 + 4);
    view.setUint32(16 + 4 + 12, 0, hostIsLittleEndian);
  }
  if (message.type === GENL_ID_CTRL && bytes[16] === CTRL_CMD_NEWFAMILY) maskToldFamily(view, maskType);
  return bytes;
}

function maskToldFamily(view: DataView, maskType: (offset: number) => void): void {
  for (let offset = 20; offset + 4 <= view.byteLength;) {
    if (view.getUint16(offset + 2, hostIsLittleEndian) === CTRL_ATTR_FAMILY_ID) maskType(offset + 4);
    offset += Math.max(4, Math.ceil(view.getUint16(offset, hostIsLittleEndian) / 4) * 4);
  }
}

/**
 * Sorts the services of a list over all its datagrams: the kernel gives them in the order of a hash that depends on an
 * address in its memory. Datagrams keep their counts of messages.
 */
export function sortServices(datagrams: readonly Uint8Array[]): Uint8Array[] {
  const split = datagrams.map(readMessages);
  const sorted = split
    .flat()
    .filter(isListedService)
    .map(({ bytes }) => bytes)
    .sort((a, b) => (hexOf(a) < hexOf(b) ? -1 : 1));
  return split.map((messages) =>
    concat(
      ...messages.map((message) =>
        isListedService(message) ? (sorted.shift() ?? message.bytes) : message.bytes,
      ),
    ),
  );
}

function isListedService({ type, flags, payload }: SeenMessage): boolean {
  return type === recordedFamily && (flags & NLM_F_MULTI) !== 0 && payload[0] === IPVS_CMD_NEW_SERVICE;
}
