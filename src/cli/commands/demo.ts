import type { Command } from 'commander';
import { newCommand } from '../command.js';
import type { CliContext } from '../context.js';
import { eventView } from '../event-view.js';
import type { RunDemo } from '../programs.js';

/** `lvsd demo`: three small servers and a director in front, to play with. */
export function demoCommand(context: CliContext, runDemo: RunDemo): Command {
  return newCommand({
    name: 'demo',
    summary: 'run three small servers and a director in front of them',
    examples: ['lvsd demo'],
    description:
      'Needs no privilege and no file, listens on loopback only, and leaves nothing behind after Ctrl-C.',
  }).action(() =>
    runDemo({
      out: context.out,
      formatEvent: (event) => eventView(event, context.color),
      signal: context.interrupted(),
    }),
  );
}
