/** Completion for fish. */
import type { CompletionCommand, CompletionOption, CompletionValue } from './tree.js';

/** The script that `lvsd completion fish | source` reads. */
export function fishCompletion(commands: readonly CompletionCommand[]): string {
  return `${[
    '# fish completion for lvsd; load it with: lvsd completion fish | source',
    'complete -c lvsd -f',
    'complete -c lvsd -n __fish_use_subcommand -l help -s h -d ' + quote('display help for command'),
    'complete -c lvsd -n __fish_use_subcommand -l version -d ' + quote('output the version'),
    ...commands.flatMap(commandLines),
  ].join('\n')}\n`;
}

function commandLines({ name, description, options, argument }: CompletionCommand): string[] {
  const when = `complete -c lvsd -n ${quote(`__fish_seen_subcommand_from ${name}`)}`;
  return [
    `complete -c lvsd -n __fish_use_subcommand -a ${name} -d ${quote(description)}`,
    ...options.map((option) => `${when} ${optionFlags(option)}`),
    ...argumentFlags(argument).map((flags) => `${when} ${flags}`),
  ];
}

function optionFlags({ names, description, value }: CompletionOption): string {
  const spelled = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  return [...spelled, ...valueFlags(value), `-d ${quote(description)}`].join(' ');
}

function valueFlags(value: CompletionValue): string[] {
  switch (value.kind) {
    case 'none':
      return [];
    case 'words':
      return ['-x', `-a ${quote(value.words.join(' '))}`];
    case 'file':
      return ['-r', '-F'];
    case 'free':
      return ['-x'];
  }
}

function argumentFlags(argument: CompletionValue): string[] {
  switch (argument.kind) {
    case 'none':
    case 'free':
      return [];
    case 'words':
      return [`-a ${quote(argument.words.join(' '))}`];
    case 'file':
      return ['-F'];
  }
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
