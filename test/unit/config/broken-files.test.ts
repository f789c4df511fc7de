import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ConfigError, loadConfig, type ConfigProblem } from '../../../src/config/load.js';
import { brokenFiles, type BrokenFile } from '../../support/broken-files.js';

const MOST_FILES_A_RULE = 5;

async function problemsOf(file: string): Promise<readonly ConfigProblem[]> {
  try {
    await loadConfig(file, { environment: {}, hostName: 'here' });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('broken files', () => {
  let folder = '';
  let broken: readonly BrokenFile[] = [];
  const told = new Map<string, readonly ConfigProblem[]>();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lvsd-broken-'));
    broken = await brokenFiles(folder);
    for (const { name, file } of broken) told.set(name, await problemsOf(file));
  });
  after(() => rm(folder, { recursive: true }));

  it('are a hundred and more, at most five of them a rule', () => {
    const counts = new Map<string, number>();
    for (const { problems } of broken) {
      for (const rule of new Set(problems.map((problem) => problem.rule)))
        counts.set(rule, (counts.get(rule) ?? 0) + 1);
    }
    assert.ok(broken.length >= 100);
    assert.deepEqual(
      [...counts].filter(([, count]) => count > MOST_FILES_A_RULE),
      [],
    );
  });

  it('are each told with file, line, column, rule and reason, and nothing else is told', () => {
    for (const { name, problems } of broken) {
      const places = (told.get(name) ?? []).map(({ file, line, column, rule }) => ({
        file,
        line,
        column,
        rule,
      }));
      assert.deepEqual(
        places,
        problems.map(({ file, line, column, rule }) => ({ file, line, column, rule })),
        name,
      );
      for (const [index, { messageContains }] of problems.entries()) {
        const message = told.get(name)?.[index]?.message ?? '';
        assert.ok(message.includes(messageContains), `${name}: ${message}`);
      }
    }
  });

  it('have no message in common between two rules', () => {
    const rules = new Map<string, string>();
    for (const { rule, message } of [...told.values()].flat()) {
      assert.equal(rules.get(message) ?? rule, rule, message);
      rules.set(message, rule);
    }
  });

  it('show the source line with a caret below the place', async () => {
    for (const problem of [...told.values()].flat()) {
      if (problem.excerpt === '') continue;
      const [line = '', carets = ''] = problem.excerpt.split('\n');
      const source = (await readFile(problem.file, 'utf8')).split('\n')[problem.line - 1] ?? '';
      assert.match(carets, /^\s*\| *\^+$/, problem.file);
      assert.ok(
        line.includes(
          source.slice(0, 20).replace(/[\t\0\u{fffd}]/gu, (bad) => (bad === '\t' ? ' ' : '\ufffd')),
        ),
        `${line} / ${source}`,
      );
    }
  });

  it('are refused fast, even at ten mebibytes', async () => {
    const large = broken.find(({ name }) => name === 'made-10-mebibytes');
    const startMs = performance.now();
    await problemsOf(large?.file ?? '');
    assert.ok(performance.now() - startMs < 500);
  });

  it('are reported with colours only when asked', async () => {
    const error = await loadConfig(join(folder, 'made-nul.yaml'), {
      environment: {},
      hostName: 'here',
    }).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof ConfigError);
    assert.match(
      error.report({ color: false }),
      /made-nul\.yaml:5:17: error: NUL character.* \[text-nul\]\n {2}5 \| .*\n.*\^\n {2}hint: /,
    );
    assert.ok(error.report({ color: true }).includes('\u001b['));
    assert.equal(error.code, 'ERR_CONFIG');
  });
});
