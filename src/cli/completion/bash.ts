/** Completion for bash 4 and newer; needs nothing of the bash-completion package. */
import type { CompletionCommand, CompletionValue } from './tree.js';

/** The script that `source <(lvsd completion bash)` reads. */
export function bashCompletion(commands: readonly CompletionCommand[]): string {
  return `# bash completion for lvsd; load it with: source <(lvsd completion bash)
_lvsd() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quote([...commands.map(({ name }) => name), '--help', '--version'])} -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]} $previous" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${commands.map(commandCase).join('\n')}
  esac
}
complete -o filenames -F _lvsd lvsd
`;
}

/** Lines that answer what follows an option with a value. */
function valueCases({ name, options }: CompletionCommand): string[] {
  return options
    .filter(({ value }) => value.kind !== 'none')
    .map(({ names, value }) => {
      const pattern = names.map((option) => `"${name} ${option}"`).join('|');
      return `    ${pattern}) ${reply(value)} return ;;`;
    });
}

function commandCase({ name, options, argument }: CompletionCommand): string {
  const flags = options.flatMap(({ names }) => names.filter((option) => option.startsWith('--')));
  const operand = reply(argument);
  return `    ${name})
      case "$current" in
        -*) COMPREPLY=($(compgen -W ${quote(flags)} -- "$current")) ;;
        *) ${operand === '' ? ': ;;' : `${operand} ;;`}
      esac ;;`;
}

function reply(value: CompletionValue): string {
  switch (value.kind) {
    case 'words':
      return `COMPREPLY=($(compgen -W ${quote(value.words)} -- "$current"));`;
    case 'file':
      return `COMPREPLY=($(compgen -f -- "$current"));`;
    case 'none':
    case 'free':
      return '';
  }
}

/** One single-quoted word list; names of commands and choices hold no quote. */
function quote(words: readonly string[]): string {
  return `'${words.join(' ')}'`;
}
