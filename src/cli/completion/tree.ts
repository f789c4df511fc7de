/** The commands and their options as data, read from the option parser: what every shell's completion is made of. */
import type { Argument, Command, Option } from 'commander';

export interface CompletionOption {
  /** `--socket`, and `-c` where there is one. */
  readonly names: readonly string[];
  readonly description: string;
  readonly value: CompletionValue;
}

/** What may follow: nothing, one of some words, a path, or something that only the user knows. */
export type CompletionValue =
  | { readonly kind: 'none' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'file' }
  | { readonly kind: 'free' };

export interface CompletionCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletionOption[];
  /** What the arguments may be, all positions together; `free` where none is known. */
  readonly argument: CompletionValue;
}

/** All commands in the order of --help. */
export function completionTree(program: Command): CompletionCommand[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.summary(),
    options: [...optionsOf(command).map(optionOf), help],
    argument: argumentOf(command),
  }));
}

/** Those of its subcommands, too: which of them is typed is not looked at. */
function optionsOf(command: Command): Option[] {
  const all = [command, ...command.commands].flatMap(({ options }) => options);
  const shown = all.filter((option) => !option.hidden);
  return shown.filter((option, index) => shown.findIndex(({ flags }) => flags === option.flags) === index);
}

function argumentOf(command: Command): CompletionValue {
  const words = command.commands.map((subcommand) => subcommand.name());
  if (words.length > 0) return { kind: 'words', words };
  return command.registeredArguments.map(argumentValue)[0] ?? { kind: 'none' };
}

const help: CompletionOption = {
  names: ['--help', '-h'],
  description: 'display help for command',
  value: { kind: 'none' },
};

function optionOf(option: Option): CompletionOption {
  return {
    names: [option.long, option.short].filter((name): name is string => name !== undefined),
    description: option.description,
    value: optionValue(option),
  };
}

function optionValue(option: Option): CompletionValue {
  if (option.isBoolean()) return { kind: 'none' };
  if (option.argChoices !== undefined) return { kind: 'words', words: option.argChoices };
  return isPath(option.flags) ? { kind: 'file' } : { kind: 'free' };
}

function argumentValue(argument: Argument): CompletionValue {
  if (argument.argChoices !== undefined) return { kind: 'words', words: argument.argChoices };
  return isPath(argument.name()) ? { kind: 'file' } : { kind: 'free' };
}

/** The placeholders of the help say what an operand is. */
function isPath(text: string): boolean {
  return /\b(file|files|path)\b/i.test(text);
}
