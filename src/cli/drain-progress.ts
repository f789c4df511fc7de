/** `lvsd drain --wait`: shows what is left until the servers are out; a terminal is redrawn, elsewhere lines follow. */
import type { ApiClient } from '../api/client.js';
import type { OrderLine } from '../api/protocol.js';
import { pause } from '../base/abort.js';
import { reasonOf } from '../base/errors.js';
import type { CliContext } from './context.js';
import { failure } from './failure.js';
import { orderName, orderTable, progressLine } from './order-view.js';

const PERIOD_MS = 1000;

// What cursor up and erase to the end of the line are to every terminal.
const UP = (lines: number): string => `\u001b[${lines}A`;
const CLEAR_LINE_REST = '\u001b[K';

/**
 * Waits until each of these servers is out of the table.
 *
 * A director that is restarted meanwhile goes on draining, and is waited for.
 * @param quiet shows nothing
 * @returns how it ended for each
 * @throws CliError when the wait is interrupted, or a server is taken back meanwhile
 */
export async function waitForDrains(
  context: CliContext,
  client: Pick<ApiClient, 'drains' | 'status'>,
  servers: readonly OrderLine[],
  quiet: boolean,
): Promise<readonly OrderLine[]> {
  const signal = context.interrupted();
  const show = quiet ? () => undefined : context.terminal ? redrawing(context) : printing(context);
  let last = servers;
  for (;;) {
    try {
      last = await look(client, last, signal);
      show(last);
      if (last.every(isOver) && (await areOut(client, last, signal))) return last;
    } catch (error) {
      if (signal.aborted) throw interrupted(last);
      if (!isAway(error)) throw error;
      context.err(`lvsd drain: ${reasonOf(error)}; waiting\n`);
    }
    await pause(context.clock, PERIOD_MS, signal);
    if (signal.aborted) throw interrupted(last);
  }
}

async function look(
  client: Pick<ApiClient, 'drains'>,
  servers: readonly OrderLine[],
  signal: AbortSignal,
): Promise<readonly OrderLine[]> {
  const { servers: listed } = await client.drains({ signal });
  return servers.map((server) => {
    const found = listed.find((each) => isSame(each, server));
    if (found !== undefined && found.drain !== null) return found;
    throw failure(
      `drain ${orderName(server)}: it does not drain any more: somebody took it back, or the file did`,
    );
  });
}

/** The order has ended before the step that deletes the server is acknowledged. */
async function areOut(
  client: Pick<ApiClient, 'status'>,
  servers: readonly OrderLine[],
  signal: AbortSignal,
): Promise<boolean> {
  const { services } = await client.status({ signal });
  return servers.every((server) => {
    const service = services.find(({ key }) => key === server.serviceKey);
    return (service?.servers.find(({ key }) => key === server.serverKey)?.weight ?? null) === null;
  });
}

function isSame(one: OrderLine, other: OrderLine): boolean {
  return one.serviceKey === other.serviceKey && one.serverKey === other.serverKey;
}

function isOver({ drain }: OrderLine): boolean {
  return drain !== null && drain.end !== null;
}

/** The director does not answer: it is being restarted, or has been stopped. */
function isAway(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return ['ERR_API_NO_DAEMON', 'ERR_API_INTERRUPTED', 'ERR_API_TIMEOUT', 'ERR_API_CLOSING'].includes(code);
}

function interrupted(servers: readonly OrderLine[]): Error {
  const left = servers.filter((server) => !isOver(server)).map(orderName);
  return failure(`drain: not waited for; ${left.join(', ')} goes on draining, lvsd undrain takes it back`);
}

function redrawing(context: CliContext): (lines: readonly OrderLine[]) => void {
  let drawn = 0;
  return (lines) => {
    const table = orderTable(lines, { color: context.color, nowMs: context.clock.wallMs() });
    const up = drawn === 0 ? '' : UP(drawn);
    drawn = table.length;
    context.out(`${up}${table.map((line) => `${line}${CLEAR_LINE_REST}\n`).join('')}`);
  };
}

/** A line whenever a count changed: the time that is left changes by itself. */
function printing(context: CliContext): (lines: readonly OrderLine[]) => void {
  const told = new Map<string, string>();
  return (lines) => {
    for (const line of lines) {
      const facts = JSON.stringify([line.left, line.drain?.end ?? null]);
      if (told.get(orderName(line)) === facts) continue;
      told.set(orderName(line), facts);
      context.out(`${progressLine(line, context.clock.wallMs())}\n`);
    }
  };
}
