/** Makes of a sample what no kernel sends: wrong trees with right lengths, right trees with wrong lengths, and rubbish. */
import type { SeededRandom } from '../support/random.js';
import { concat, hostIsLittleEndian, message } from '../support/scripted-messages.js';
import { writeTree, type TreeNode } from './attribute-tree.js';
import { corpus, kinds, type Kind, type Sample } from './corpus.js';

/** One datagram, and the kind of its first message. */
export interface Input {
  readonly kind: Kind;
  readonly datagram: Uint8Array;
}

export function makeInput(random: SeededRandom): Input {
  const kind = random.pick(kinds);
  const messages = Array.from({ length: random.chance(0.1) ? random.int(2, 4) : 1 }, () =>
    random.pick(corpus[kind]),
  );
  let datagram = concat(...messages.map((sample) => makeMessage(sample, random)));
  const changes = random.chance(0.5) ? random.int(1, 3) : 0;
  for (let change = 0; change < changes; change++) datagram = changeBytes(datagram, random);
  return { kind, datagram };
}

function makeMessage(sample: Sample, random: SeededRandom): Uint8Array {
  let { attributes } = sample;
  const changes = random.chance(0.7) ? random.int(1, 4) : 0;
  for (let change = 0; change < changes; change++) attributes = changeTree(attributes, random);
  const type = random.chance(0.02) ? random.pick([0, 1, 2, 3, 4, 16, 20, 24, 33, 0xffff]) : sample.type;
  const flags = random.chance(0.1)
    ? sample.flags ^ random.pick([0x2, 0x10, 0x100, 0x200, 0x300])
    : sample.flags;
  return message({ type, flags, sequence: 1 }, sample.prefix, writeTree(attributes));
}

/** Changes one list of the tree: this one, or one below it. */
function changeTree(nodes: readonly TreeNode[], random: SeededRandom): TreeNode[] {
  const nested = nodes.flatMap(({ children }, index) => (children === null ? [] : [index]));
  if (nested.length > 0 && random.chance(0.8)) {
    const chosen = random.pick(nested);
    return nodes.map((node, index) =>
      index === chosen ? { ...node, children: changeTree(node.children ?? [], random) } : node,
    );
  }
  return random.pick(listChanges)(nodes, random);
}

type ListChange = (nodes: readonly TreeNode[], random: SeededRandom) => TreeNode[];

const listChanges: readonly ListChange[] = [
  (nodes, random) => changeOne(nodes, random, (node) => [node, node]),
  (nodes, random) => changeOne(nodes, random, () => []),
  (nodes, random) =>
    changeOne(nodes, random, (node) => [{ type: random.int(0, 20), children: [node], value: node.value }]),
  (nodes, random) => changeOne(nodes, random, (node) => [...(node.children ?? [{ ...node, type: 0 }])]),
  (nodes, random) => changeOne(nodes, random, (node) => [{ ...node, type: randomType(node.type, random) }]),
  (nodes, random) => changeOne(nodes, random, (node) => [changeValue(node, random)]),
  (nodes, random) => changeOne(nodes, random, (node) => [changeValue(node, random)]),
  (nodes, random) => changeOne(nodes, random, (node) => [node, splice(random)]),
  (nodes, random) => changeOne(nodes, random, ({ type }) => [{ ...splice(random), type }]),
  (nodes, random) => [...nodes].sort(() => random.next() - 0.5),
  (nodes) => [...nodes].reverse(),
];

/** Puts something in the place of one node, or begins an empty list. */
function changeOne(
  nodes: readonly TreeNode[],
  random: SeededRandom,
  change: (node: TreeNode) => readonly TreeNode[],
): TreeNode[] {
  if (nodes.length === 0) return [splice(random)];
  const chosen = random.int(0, nodes.length - 1);
  return nodes.flatMap((node, index) => (index === chosen ? change(node) : [node]));
}

function randomType(type: number, random: SeededRandom): number {
  return random.pick([
    random.int(0, 20),
    type | 0x8000,
    type | 0x4000,
    type ^ 1,
    0x3fff,
    random.int(0, 0xffff),
  ]);
}

/** A node of any sample, at any depth. */
function splice(random: SeededRandom): TreeNode {
  let nodes = random.pick(corpus[random.pick(kinds)]).attributes;
  for (;;) {
    if (nodes.length === 0) return { type: random.int(0, 20), children: null, value: randomBytes(4, random) };
    const node = random.pick(nodes);
    if (node.children === null || random.chance(0.3)) return node;
    nodes = node.children;
  }
}

function changeValue(node: TreeNode, random: SeededRandom): TreeNode {
  const { type } = node;
  const value = node.children === null ? node.value : writeTree(node.children);
  const changed = random.pick([
    () => value.slice(0, random.int(0, value.length)),
    () => concat(value, randomBytes(random.int(1, 9), random)),
    () => randomBytes(value.length, random),
    () => randomBytes(random.pick([0, 1, 2, 4, 8, 16, random.int(0, 40)]), random),
    () => new Uint8Array(value.length).fill(random.pick([0, 0x7f, 0x80, 0xff])),
    () => changeOneByte(value, random),
    () => changeOneByte(value, random),
  ])();
  return { type, children: null, value: changed };
}

function changeOneByte(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  if (bytes.length === 0) return bytes;
  const changed = bytes.slice();
  const at = random.int(0, bytes.length - 1);
  changed[at] = random.pick([
    0,
    1,
    2,
    3,
    4,
    5,
    8,
    0x7f,
    0x80,
    0xff,
    random.int(0, 255),
    (bytes[at] ?? 0) ^ (1 << random.int(0, 7)),
  ]);
  return changed;
}

function randomBytes(length: number, random: SeededRandom): Uint8Array {
  return Uint8Array.from({ length }, () => random.int(0, 255));
}

/** Changes bytes without a look at what they are, save that lengths stand at multiples of 4. */
function changeBytes(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  return random.pick([
    () => changeOneByte(bytes, random),
    () => changeOneByte(bytes, random),
    () => changeLength(bytes, random),
    () => changeLength(bytes, random),
    () => bytes.slice(0, random.int(0, bytes.length)),
    () => concat(bytes, randomBytes(random.int(1, 40), random)),
    () => withoutWord(bytes, random),
    () => randomBytes(random.int(0, 80), random),
  ])();
}

function changeLength(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  if (bytes.length < 4) return bytes;
  const changed = bytes.slice();
  const view = new DataView(changed.buffer);
  const at = 4 * random.int(0, Math.floor(bytes.length / 4) - 1);
  const left = bytes.length - at;
  const old = view.getUint16(at, hostIsLittleEndian);
  const length = random.pick([
    0,
    1,
    3,
    4,
    5,
    7,
    left - 1,
    left,
    left + 1,
    left + 4,
    old - 1,
    old + 1,
    old + 4,
    0xffff,
  ]);
  view.setUint16(at, length & 0xffff, hostIsLittleEndian);
  if (random.chance(0.2)) view.setUint16(at + 2, random.pick([0xffff, 0x7fff, 0x8000]), hostIsLittleEndian);
  return changed;
}

function withoutWord(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = 4 * random.int(0, Math.floor(bytes.length / 4));
  return concat(bytes.slice(0, at), bytes.slice(at + 4));
}
