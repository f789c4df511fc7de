/** Messages that kernels sent, by what they are: where mutation starts. */
import * as rtnetlink from '../unit/native/rtnetlink/recorded.js';
import { concat, hexOf, readMessages } from '../support/scripted-messages.js';
import type { SeenMessage } from '../support/scripted-messages.js';
import { readRecording, recordingNames } from '../support/scripted-recording.js';
import { parseTree, type TreeNode } from './attribute-tree.js';

export const kinds = [
  'error',
  'done',
  'family',
  'service',
  'destination',
  'daemon',
  'timeouts',
  'info',
  'address',
  'link',
  'route',
] as const;
export type Kind = (typeof kinds)[number];

export interface Sample {
  readonly kind: Kind;
  readonly type: number;
  readonly flags: number;
  /** What stands between the header and the attributes. */
  readonly prefix: Uint8Array;
  readonly attributes: readonly TreeNode[];
}

const NLM_F_CAPPED = 0x100;

/** What a recorded message is, by its type and command. */
const generic: Readonly<Record<string, Kind>> = {
  '16/1': 'family',
  '33/1': 'service',
  '33/4': 'service',
  '33/5': 'destination',
  '33/9': 'daemon',
  '33/12': 'timeouts',
  '33/14': 'info',
};

function sampleOf(message: SeenMessage): Sample | null {
  const { type, flags, payload } = message;
  switch (type) {
    case 2:
      return cut('error', type, flags, payload, (flags & NLM_F_CAPPED) !== 0 ? 20 : (payload[4] ?? 0) + 4);
    case 3:
      return cut('done', type, flags, payload, 4);
    default: {
      const kind = generic[`${type}/${payload[0] ?? 0}`];
      return kind === undefined ? null : cut(kind, type, flags, payload, 4);
    }
  }
}

function cut(
  kind: Kind,
  type: number,
  flags: number,
  payload: Uint8Array,
  prefixBytes: number,
): Sample | null {
  const attributes = parseTree(payload.slice(prefixBytes));
  return attributes && { kind, type, flags, prefix: payload.slice(0, prefixBytes), attributes };
}

/** Both directions: requests hold the same nests. */
function recorded(): SeenMessage[] {
  const datagrams = recordingNames().flatMap((name) =>
    readRecording(name).flatMap(({ sent, received }) => [sent, ...received]),
  );
  const messages = datagrams.flatMap(readMessages);
  return [...new Map(messages.map((message) => [keyOf(message), message])).values()];
}

/** Messages that differ in their sequence number alone are one. */
function keyOf({ type, flags, payload }: SeenMessage): string {
  const numbered = type === 2 ? concat(payload.slice(0, 12), payload.slice(16)) : payload;
  return `${type} ${flags} ${hexOf(numbered)}`;
}

function ofRoutes(): (Sample | null)[] {
  const { labelledIpv4, peerIpv4, deprecatedIpv6, peerIpv6, vethLink } = rtnetlink;
  const { kernelRoute, multipathRoute, viaIpv6Route } = rtnetlink;
  return [
    ...[labelledIpv4, peerIpv4, deprecatedIpv6, peerIpv6].map((bytes) => cut('address', 20, 2, bytes, 8)),
    cut('link', 16, 2, vethLink, 16),
    ...[kernelRoute, multipathRoute, viaIpv6Route].map((bytes) => cut('route', 24, 2, bytes, 12)),
  ];
}

/** @throws Error when a kind has no sample */
function collect(): Readonly<Record<Kind, readonly Sample[]>> {
  const samples = [...recorded().map(sampleOf), ...ofRoutes()].filter((sample) => sample !== null);
  const entries = kinds.map((kind) => {
    const own = samples.filter((sample) => sample.kind === kind);
    if (own.length === 0) throw new Error(`no sample of kind ${kind}`);
    return [kind, own] as const;
  });
  return Object.fromEntries(entries) as unknown as Record<Kind, readonly Sample[]>;
}

export const corpus = collect();
