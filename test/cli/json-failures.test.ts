/** Every verb that has --json fails in JSON, so that a script need not read two languages. Walks the program's own tree. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.js';
import { processContext } from '../../src/cli/terminal.js';
import { cli } from '../support/test-director.js';

const folder = mkdtempSync(join(tmpdir(), 'lvsd-json-failures-'));
after(() => rmSync(folder, { recursive: true }));
const nothing = join(folder, 'nothing');

interface Verb {
  /** `history show` */
  readonly name: string;
  readonly command: Command;
}

function verbsWithJson(command: Command, before: readonly string[] = []): Verb[] {
  return command.commands.flatMap((each) => {
    const words = [...before, each.name()];
    const hasJson = each.options.some(({ long }) => long === '--json');
    return [...(hasJson ? [{ name: words.join(' '), command: each }] : []), ...verbsWithJson(each, words)];
  });
}

/** What a verb is asked that it cannot do: of a director that is not there, by a file that is not there. */
const questions: Readonly<Record<string, readonly string[]>> = {
  // an address of nobody's
  agent: ['--listen', '192.0.2.77:9412', '--allow', '127.0.0.1'],
  // a record that is a folder
  realserver: ['check', '--state', folder],
};

/** Any argument may be a name, an address or a number. */
function question({ name, command }: Verb): readonly string[] {
  const known = questions[name];
  if (known !== undefined) return known;
  const has = (long: string): boolean => command.options.some((option) => option.long === long);
  return [
    ...command.registeredArguments.map(() => '1'),
    ...(has('--socket') ? ['--socket', nothing] : []),
    ...(has('--config') ? ['--config', nothing] : []),
    ...(has('--trace') ? ['--trace', nothing] : []),
  ];
}

/** Verbs whose answer has a place for what is wrong: `ok: false`, or a line for each trace. */
const ownForm: Readonly<Record<string, (answer: unknown) => boolean>> = {
  check: (answer) => !(answer as { ok: boolean }).ok,
  simulate: (answer) => Array.isArray(answer) && answer.every((one: object) => 'error' in one),
};

const unused = (): Promise<never> => Promise.reject(new Error('not in a test'));
const program = createProgram(processContext(), {
  runDirector: unused,
  planAlone: unused,
  applyAlone: unused,
  makeReport: unused,
  runDemo: unused,
});

describe('failures with --json', () => {
  const verbs = verbsWithJson(program);

  it('are looked at for every verb', () => {
    const names = verbs.map(({ name }) => name);
    for (const name of [
      'check',
      'plan',
      'apply',
      'reload',
      'status',
      'events',
      'connections',
      'weight',
      'doctor',
    ])
      assert.ok(names.includes(name), name);
    assert.ok(names.includes('history rollback'));
  });

  for (const verb of verbs) {
    it(`lvsd ${verb.name} is JSON on standard output, on one line, and nothing else`, async () => {
      const words = [...verb.name.split(' '), ...question(verb), '--json'];
      const { code, out, err } = await cli(words);
      assert.equal(code, 1, `${words.join(' ')}\n${out}${err}`);
      assert.equal(err, '');
      const answer: unknown = JSON.parse(out);
      const isOwn = ownForm[verb.name];
      if (isOwn !== undefined) {
        assert.ok(isOwn(answer), out);
        return;
      }
      const { error } = answer as { error: { code: string; message: string } };
      assert.match(error.code, /^(ERR_[A-Z_]+|E[A-Z]+)$/);
      assert.notEqual(error.message, '');
      assert.equal(out.trimEnd().split('\n').length, 1);
    });
  }
});
