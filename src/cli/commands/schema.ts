import type { Command } from 'commander';
import { jsonSchema } from '../../config/json-schema.js';
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
  }).action(() => context.out(formatJson(jsonSchema())));
}
