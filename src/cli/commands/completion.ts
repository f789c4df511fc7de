import { Argument, type Command } from 'commander';
import { newCommand } from '../command.js';
import { bashCompletion } from '../completion/bash.js';
import { fishCompletion } from '../completion/fish.js';
import { completionTree } from '../completion/tree.js';
import { zshCompletion } from '../completion/zsh.js';
import type { CliContext } from '../context.js';

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** `lvsd completion SHELL`: prints the script that completes commands, options and choices of this very version. */
export function completionCommand(context: CliContext, program: Command): Command {
  return newCommand({
    name: 'completion',
    summary: 'print the completion script of a shell',
    examples: [
      'source <(lvsd completion bash)',
      'source <(lvsd completion zsh)',
      'lvsd completion fish | source',
    ],
  })
    .addArgument(new Argument('<shell>').choices(Object.keys(shells)))
    .action((shell: keyof typeof shells) => context.out(shells[shell](completionTree(program))));
}
