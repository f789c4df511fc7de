/** Completion for zsh, on its own `_arguments`. */
import type { CompletionCommand, CompletionOption, CompletionValue } from './tree.js';

/** The script for a file `_lvsd` in `$fpath`, or for `source <(lvsd completion zsh)`. */
export function zshCompletion(commands: readonly CompletionCommand[]): string {
  return `#compdef lvsd
# zsh completion for lvsd; load it with: source <(lvsd completion zsh)
_lvsd() {
  local -a commands
  commands=(
${commands.map(({ name, description }) => `    ${quote(`${escapeColons(name)}:${description}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command=\${words[2]}
  shift words
  (( CURRENT-- ))
  case "$command" in
${commands.map(commandCase).join('\n')}
  esac
}
compdef _lvsd lvsd
`;
}

function commandCase({ name, options, argument }: CompletionCommand): string {
  const specs = [...options.map(optionSpec), ...argumentSpecs(argument)];
  return `    ${name}) _arguments ${specs.join(' ')} ;;`;
}

/** `'(-c --config)'{-c,--config}'[help]:value:action'`. */
function optionSpec({ names, description, value }: CompletionOption): string {
  const rest = quote(`[${description.replace(/[[\]]/g, '\\$&')}]${valueSpec(value)}`);
  if (names.length === 1) return `${names.join('')}${rest}`;
  return `${quote(`(${names.join(' ')})`)}{${names.join(',')}}${rest}`;
}

function argumentSpecs(argument: CompletionValue): string[] {
  return argument.kind === 'none' ? [] : [quote(`*${valueSpec(argument)}`)];
}

function valueSpec(value: CompletionValue): string {
  switch (value.kind) {
    case 'none':
      return '';
    case 'words':
      return `:value:(${value.words.join(' ')})`;
    case 'file':
      return ':file:_files';
    case 'free':
      return ':value: ';
  }
}

function escapeColons(text: string): string {
  return text.replaceAll(':', '\\:');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
