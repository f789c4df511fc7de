/** The recorded traces' shape, as far as a replay needs it, and where they lie. */
import { readdirSync, readFileSync } from 'node:fs';

import type { AlgorithmName, Generation } from './model.js';

interface TracedServer {
  readonly address: string;
  readonly port: number;
}

export interface TracedDestination extends TracedServer {
  readonly weight: number;
  readonly uThreshold: number;
  readonly lThreshold: number;
}

interface Endpoint {
  readonly addr: string;
  readonly port: number;
}

type Counts = Readonly<Record<string, readonly [active: number, inactive: number]>>;

export type TraceStep = { readonly counts: Counts } & (
  | {
      readonly op: 'open';
      readonly client: Endpoint;
      readonly vip: Endpoint;
      readonly conn: number;
      readonly chosen: string | null;
    }
  | { readonly op: 'close'; readonly conn: number; readonly how: 'fin' | 'rst' }
  | { readonly op: 'set-weight' | 'add'; readonly dest: TracedDestination }
  | { readonly op: 'del'; readonly dest: TracedServer }
  | { readonly op: 'advance'; readonly seconds: number }
);

export interface Trace {
  readonly name: string;
  readonly family: 'inet' | 'inet6';
  readonly scheduler: AlgorithmName;
  readonly flags: string;
  readonly kernel: string;
  readonly sysctl: Readonly<Record<string, number>>;
  readonly persistence: { readonly timeout: number; readonly netmask: string } | null;
  readonly destinations: readonly TracedDestination[];
  readonly steps: readonly TraceStep[];
}

const folder = new URL('../../golden/traces/', import.meta.url);

/** Every recorded trace, by file name. */
export function loadTraces(): ReadonlyMap<string, Trace> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return new Map(
    files.sort().map((file) => [file, JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Trace]),
  );
}

/** The generation of the kernel that recorded the trace: patch levels from 191 on are capped. */
export function generationOf(trace: Trace): Generation {
  const patch = Number(/^Linux 6\.1\.(\d+)/.exec(trace.kernel)?.[1] ?? Number.NaN);
  if (Number.isNaN(patch)) throw new Error(`read trace ${trace.name}: unknown kernel ${trace.kernel}`);
  if (patch >= 191) return 'capped';
  return patch >= 183 ? 'total' : 'classic';
}

/** How the traces name a server. */
export function serverName(server: TracedServer): string {
  return server.address.includes(':')
    ? `[${server.address}]:${server.port}`
    : `${server.address}:${server.port}`;
}
