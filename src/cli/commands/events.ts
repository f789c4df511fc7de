import type { Command } from 'commander';
import type { EventsPlace } from '../../api/client.js';
import type { DirectorEvent } from '../../model/event.js';
import { configOption, jsonOption, newCommand, socketOption, wholeNumber } from '../command.js';
import { connect, type ConnectOptions } from '../connect.js';
import type { CliContext } from '../context.js';
import { eventView, eventWidths, type EventWidths } from '../event-view.js';

interface EventsOptions extends ConnectOptions {
  readonly follow?: true;
  readonly json?: true;
  readonly after?: number;
  readonly limit?: number;
}

/** `lvsd events`: what happened, and with --follow what happens. */
export function eventsCommand(context: CliContext): Command {
  return newCommand({
    name: 'events',
    summary: 'list what happened, in order and with its cause',
    examples: ['lvsd events', 'lvsd events --follow', 'lvsd events --after 120 --json'],
    description: 'With --json each event is a line of its own.',
  })
    .option('-f, --follow', 'go on with each new event')
    .option('--after <seq>', 'only events after this number', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--limit <n>', 'at most so many of the kept ones', wholeNumber(1, 10_000))
    .addOption(jsonOption())
    .addOption(socketOption())
    .addOption(configOption())
    .action(async (options: EventsOptions) => {
      if (options.follow === true) await follow(context, options);
      else await list(context, options);
    });
}

/** @param widths absent for events that come one by one */
function print(
  context: CliContext,
  { json }: EventsOptions,
  event: DirectorEvent,
  widths?: EventWidths,
): void {
  context.out(`${json === true ? JSON.stringify(event) : eventView(event, context.color, widths)}\n`);
}

async function list(context: CliContext, options: EventsOptions): Promise<void> {
  const client = await connect(context, options);
  const { events, missed } = await client.events(placeOf(options));
  if (missed > 0) context.err(`lvsd: ${missed} older events are no longer kept\n`);
  const widths = eventWidths(events);
  for (const event of events) print(context, options, event, widths);
}

/** Ends when the director stops, or quietly at SIGINT and SIGTERM. */
async function follow(context: CliContext, options: EventsOptions): Promise<void> {
  const client = await connect(context, options);
  const signal = context.interrupted();
  try {
    for await (const event of client.followEvents(placeOf(options), { signal })) {
      print(context, options, event);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function placeOf({ after, limit }: EventsOptions): EventsPlace {
  return { ...(after === undefined ? {} : { after }), ...(limit === undefined ? {} : { limit }) };
}
