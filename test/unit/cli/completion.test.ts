import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { Command, Option } from 'commander';
import { bashCompletion } from '../../../src/cli/completion/bash.js';
import { fishCompletion } from '../../../src/cli/completion/fish.js';
import { completionTree } from '../../../src/cli/completion/tree.js';
import { zshCompletion } from '../../../src/cli/completion/zsh.js';

const program = new Command('lvsd');
program
  .command('run')
  .summary("run the director: it's in the foreground")
  .option('-c, --config <file>', 'configuration file')
  .addOption(new Option('--dataplane <plane>', 'plane [x]').choices(['proxy', 'kernel']))
  .option('--force', 'even so');
program.command('show').summary('show').argument('<shell>').option('--after <seq>', 'a number');
const tree = completionTree(program);

/** What bash offers for a command line whose last word is being typed. */
function offered(line: string): string[] {
  const words = line.split(' ');
  const script = `${bashCompletion(tree)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_lvsd; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout.split('\n').filter((word) => word !== '');
}

describe('completionTree', () => {
  it('knows what follows an option', () => {
    assert.deepEqual(
      tree[0]?.options.map(({ names, value }) => [names[0], value.kind]),
      [
        ['--config', 'file'],
        ['--dataplane', 'words'],
        ['--force', 'none'],
        ['--help', 'none'],
      ],
    );
  });
});

describe('bashCompletion', () => {
  const cases: readonly [line: string, want: string[]][] = [
    ['lvsd r', ['run']],
    ['lvsd --', ['--help', '--version']],
    ['lvsd run --d', ['--dataplane']],
    ['lvsd run --dataplane ', ['proxy', 'kernel']],
    ['lvsd run -c /etc/passw', ['/etc/passwd']],
    ['lvsd show --after ', []],
    ['lvsd nosuch ', []],
  ];
  for (const [line, want] of cases) {
    it(`offers ${want.join(' ') || 'nothing'} for "${line}"`, () => {
      const words = offered(line).filter((word) => !word.endsWith('-'));
      assert.deepEqual(words, want);
    });
  }
});

describe('zshCompletion', () => {
  it('quotes what zsh would read', () => {
    const script = zshCompletion(tree);
    assert.ok(script.includes(`'run:run the director: it'\\''s in the foreground'`));
    assert.ok(script.includes(`'(--config -c)'{--config,-c}'[configuration file]:file:_files'`));
    assert.ok(script.includes(`--dataplane'[plane \\[x\\]]:value:(proxy kernel)'`));
  });
});

describe('fishCompletion', () => {
  it('has a line an option, with its words', () => {
    const lines = fishCompletion(tree).split('\n');
    const when = `complete -c lvsd -n '__fish_seen_subcommand_from run'`;
    assert.ok(lines.includes(`${when} -l config -s c -r -F -d 'configuration file'`));
    assert.ok(lines.includes(`${when} -l dataplane -x -a 'proxy kernel' -d 'plane [x]'`));
    assert.ok(
      lines.includes(
        `complete -c lvsd -n __fish_use_subcommand -a run -d 'run the director: it\\'s in the foreground'`,
      ),
    );
  });
});
