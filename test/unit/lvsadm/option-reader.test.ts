/** The grammar of options, as popt has it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OptionReader } from '../../../src/lvsadm/option-reader.js';
import { UsageError } from '../../../src/lvsadm/usage-error.js';
import { words } from '../../lvsadm/program.js';

/** `long=value` for each option, then operands, or the refusal. */
function read(line: string, stopAtOperand = false): string {
  const reader = new OptionReader(words(line), stopAtOperand);
  const found: string[] = [];
  try {
    for (let option = reader.next(); option !== null; option = reader.next()) {
      found.push(option.syntax.long + (option.value === null ? '' : `=${option.value}`));
    }
  } catch (error) {
    assert.ok(error instanceof UsageError);
    assert.equal(error.exitCode, 255);
    return [...found, `! ${error.message}`].join(' ');
  }
  return [...found, ...(reader.operands.length > 0 ? ['|', ...reader.operands] : [])].join(' ');
}

describe('OptionReader', () => {
  const cases: readonly [line: string, read: string][] = [
    ['-L', 'list'],
    ['-l', 'list'],
    ['-Ln', 'list numeric'],
    ['-Lnc', 'list numeric connection'],
    ['--list --numeric', 'list numeric'],
    ['-A -t 1:2', 'add-service tcp-service=1:2'],
    ['-At1:2', 'add-service tcp-service=1:2'],
    ['-At 1:2', 'add-service tcp-service=1:2'],
    ['-At=1:2', 'add-service tcp-service=1:2'],
    ['-s=rr', 'scheduler=rr'],
    ['-s==rr', 'scheduler==rr'],
    ['-srr=x', 'scheduler=rr=x'],
    ['-s=', 'scheduler='],
    ["-s ''", 'scheduler='],
    ['-s -p', 'scheduler=-p'],
    ['-t --', 'tcp-service=--'],
    ['--scheduler=rr', 'scheduler=rr'],
    ['--scheduler rr', 'scheduler=rr'],
    ['--scheduler=', 'scheduler='],
    ['--scheduler=rr=x', 'scheduler=rr=x'],
    ['-p', 'persistent'],
    ['-p 5', 'persistent=5'],
    ['-p5', 'persistent=5'],
    ['-p=5', 'persistent=5'],
    ['-p=', 'persistent='],
    ["-p ''", 'persistent='],
    ['--persistent=5', 'persistent=5'],
    ['--persistent 5', 'persistent=5'],
    ['--persistent -o', 'persistent ops'],
    ['-p -o', 'persistent ops'],
    ['-p -', 'persistent | -'],
    ['-p -- 5', 'persistent | 5'],
    ['-p -5', 'persistent ! -5: unknown option'],
    ['-po', 'persistent=o'],
    ['-op', 'ops persistent'],
    ['a -n b', 'numeric | a b'],
    ['- -n', 'numeric | -'],
    ["'' -n", 'numeric | '],
    ['-n -- -n --', 'numeric | -n --'],
    ['--', ''],
    ['', ''],
    ['-Q', '! -Q: unknown option'],
    ['-nQn', 'numeric ! -nQn: unknown option'],
    ['-n-', 'numeric ! -n-: unknown option'],
    ["'-n '", 'numeric ! -n : unknown option'],
    ['-=', '! -=: unknown option'],
    ['-é', '! -é: unknown option'],
    ['--num', '! --num: unknown option'],
    ['--Numeric', '! --Numeric: unknown option'],
    ['---numeric', '! ---numeric: unknown option'],
    ['--=x', '! --=x: unknown option'],
    ['--num=3', '! --num=3: unknown option'],
    ['--toString', '! --toString: unknown option'],
    ['--numeric=3', '! --numeric=3: option does not take an argument'],
    ['--numeric=', '! --numeric=: option does not take an argument'],
    ['-n=3', '! -n=3: option does not take an argument'],
    ['-s', '! -s: missing argument'],
    ['-ns', 'numeric ! -ns: missing argument'],
    ['--scheduler', '! --scheduler: missing argument'],
    ['-p -s', 'persistent ! -s: missing argument'],
  ];
  for (const [line, expected] of cases) {
    it(`reads ${line === '' ? 'nothing' : line}`, () => assert.equal(read(line), expected));
  }

  it('ends the options at an operand where POSIX is asked for', () => {
    assert.equal(read('-n a -n', true), 'numeric | a -n');
    assert.equal(read('-n -- -n', true), 'numeric | -n');
  });

  it('tells the last word taken, which messages quote', () => {
    const reader = new OptionReader(words('-An --start-daemon master -s=rr --pe sip'), false);
    const taken: string[] = [];
    for (let option = reader.next(); option !== null; option = reader.next()) taken.push(option.word);
    assert.deepEqual(taken, ['-An', '-An', 'master', '-s=rr', 'sip']);
  });
});
