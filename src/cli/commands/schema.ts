import type { Command } from 'commander';
import { newCommand } from '../command.js';
import type { CliContext } from '../context.js';
import { formatJson } from '../format.js';

/** `lvsd schema`: the JSON Schema of the configuration, for editors. */
export function schemaCommand(context: CliContext): Command {
  return newCommand({
    name: 'schema',
    summary: 'print the JSON Schema of the configuration',
    examples: ['lvsd schema > lvsd.schema.json'],
    description:
      'An editor with a YAML language server completes and checks a file that begins with\n' +
      '  # yaml-language-server: $schema=./lvsd.schema.json',
  }).action(async () => {
    const { jsonSchema } = await import('../../config/json-schema.js');
    context.out(formatJson(jsonSchema()));
  });
}
