/** Reads what `lvsd simulate` is asked to simulate, and refuses what makes no sense together. */
import { seededRandom } from '../simulate/seeded-random.js';
import type { BalanceOptions, BalanceRemoval, BalanceServer } from '../simulate/balance.js';
import { flagsOf, type BuiltInScheduler } from '../model/scheduler-names.js';
import { usageError } from './failure.js';

/** The options of a balance simulation as the option parser leaves them. */
export interface BalanceRequest {
  readonly scheduler: BuiltInScheduler;
  /** `a=3,b=1,c`. */
  readonly servers: string;
  readonly connections: number;
  readonly hold: number;
  readonly clients: number;
  /** `b@500`; default none. */
  readonly remove?: readonly string[];
  /** Comma-separated; default none. */
  readonly flags?: string;
  readonly generation: BalanceOptions['generation'];
  readonly seed: number;
}

const LARGEST_WEIGHT = 65_535;
const MOST_SERVERS = 10_000;

/** @throws CliError with exit code 2 that names the fault and the form wanted */
export function balanceOptions(request: BalanceRequest): BalanceOptions {
  const servers = parseServers(request.servers);
  return {
    scheduler: request.scheduler,
    flags: parseFlags(request.flags ?? '', request.scheduler),
    generation: request.generation,
    servers,
    connections: request.connections,
    hold: request.hold,
    clients: request.clients,
    removals: parseRemovals(request.remove ?? [], servers, request.connections),
    random: seededRandom(request.seed),
  };
}

function parseServers(text: string): BalanceServer[] {
  const servers = text.split(',').map(parseServer);
  if (servers.length > MOST_SERVERS) throw usageError(`--servers: more than ${MOST_SERVERS} servers`);
  const names = new Set<string>();
  for (const { name } of servers) {
    if (names.has(name)) throw usageError(`--servers ${text}: ${name} is there twice`);
    names.add(name);
  }
  return servers;
}

function parseServer(text: string): BalanceServer {
  const match = /^([^\s=@,]+)(?:=(\d+))?$/.exec(text);
  const weight = Number(match?.[2] ?? 1);
  if (match?.[1] === undefined || weight > LARGEST_WEIGHT) {
    throw usageError(
      `--servers: "${text}" is not NAME or NAME=WEIGHT with a weight from 0 to ${LARGEST_WEIGHT}; for example a=3,b=1,c`,
    );
  }
  return { name: match[1], weight };
}

function parseFlags(text: string, scheduler: BuiltInScheduler): string[] {
  const flags = text.split(',').filter((flag) => flag !== '');
  const allowed = flagsOf(scheduler);
  for (const flag of flags) {
    if (allowed.includes(flag)) continue;
    const hint = allowed.length === 0 ? 'it takes none' : `it takes ${allowed.join(', ')}`;
    throw usageError(`--flags: "${flag}" is not a flag of ${scheduler}; ${hint}`);
  }
  return flags;
}

function parseRemovals(
  texts: readonly string[],
  servers: readonly BalanceServer[],
  connections: number,
): BalanceRemoval[] {
  const removals = texts.map((text) => parseRemoval(text, servers, connections));
  const gone = new Set<string>();
  for (const { server } of removals) {
    if (gone.has(server)) throw usageError(`--remove: ${server} can leave only once`);
    gone.add(server);
  }
  return removals;
}

function parseRemoval(text: string, servers: readonly BalanceServer[], connections: number): BalanceRemoval {
  const match = /^(.+)@(\d+)$/.exec(text);
  const at = Number(match?.[2]);
  if (match?.[1] === undefined || at < 1 || at > connections) {
    throw usageError(
      `--remove: "${text}" is not SERVER@CONNECTION with a connection from 1 to ${connections}`,
    );
  }
  const server = match[1];
  if (!servers.some(({ name }) => name === server)) {
    throw usageError(
      `--remove ${text}: there is no server ${server}, only ${servers.map(({ name }) => name).join(', ')}`,
    );
  }
  return { server, at };
}
