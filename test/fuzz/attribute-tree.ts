/** Attributes as a tree that can be changed in ways that keep lengths right, and written again. */
import { hostIsLittleEndian } from '../support/scripted-messages.js';

export interface TreeNode {
  /** With flag bits. */
  readonly type: number;
  /** What is read as attributes; else `value` holds the bytes. */
  readonly children: readonly TreeNode[] | null;
  readonly value: Uint8Array;
}

/** Reads bytes as attributes, and their values where these look like attributes again. Null when they are none. */
export function parseTree(bytes: Uint8Array): TreeNode[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nodes: TreeNode[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const length = offset + 4 <= bytes.length ? view.getUint16(offset, hostIsLittleEndian) : 0;
    if (length < 4 || offset + length > bytes.length) return null;
    const value = bytes.slice(offset + 4, offset + length);
    const type = view.getUint16(offset + 2, hostIsLittleEndian);
    nodes.push({ type, children: looksNested(value) ? parseTree(value) : null, value });
    offset += Math.ceil(length / 4) * 4;
  }
  return nodes;
}

/** A text or a number hardly ever begins with the header of an attribute that fits it. */
function looksNested(value: Uint8Array): boolean {
  return value.length >= 8 && value[1] === 0 && (value[0] ?? 0) >= 4 && (value[3] ?? 0) % 0x40 === 0;
}

const scratch = new DataView(new ArrayBuffer(256 * 1024));
const scratchBytes = new Uint8Array(scratch.buffer);

/** Lengths are those of the values; one that needs more than 16 bits keeps the lower ones. */
export function writeTree(nodes: readonly TreeNode[]): Uint8Array {
  return scratchBytes.slice(0, writeNodes(nodes, 0));
}

/** Writes at `start`, and gives the end. */
function writeNodes(nodes: readonly TreeNode[], start: number): number {
  let end = start;
  for (const { type, children, value } of nodes) {
    const header = end;
    end += 4;
    if (children !== null) end = writeNodes(children, end);
    else {
      scratchBytes.set(value, end);
      end += value.length;
    }
    scratch.setUint16(header, (end - header) & 0xffff, hostIsLittleEndian);
    scratch.setUint16(header + 2, type, hostIsLittleEndian);
    const padded = Math.ceil(end / 4) * 4;
    scratchBytes.fill(0, end, padded);
    end = padded;
  }
  return end;
}
