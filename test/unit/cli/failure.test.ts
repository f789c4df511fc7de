import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CommanderError } from 'commander';
import { ApiError } from '../../../src/api/errors.js';
import { failure, JsonFailure, reportFailure, usageError } from '../../../src/cli/failure.js';
import type { CliContext } from '../../../src/cli/context.js';

function report(thrown: unknown): { code: number; err: string } {
  const { code, err } = reportBoth(thrown);
  return { code, err };
}

function reportBoth(thrown: unknown): { code: number; out: string; err: string } {
  let [out, err] = ['', ''];
  const context = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    errorColor: false,
  } as unknown as CliContext;
  const code = reportFailure(thrown, context);
  return { code, out, err };
}

describe('reportFailure', () => {
  it('exits 1 for a failure and 2 for a misuse', () => {
    assert.deepEqual(report(failure('read x: no')), { code: 1, err: 'lvsd: read x: no\n' });
    assert.equal(report(usageError('say more')).code, 2);
  });

  it('leaves what the option parser has printed alone', () => {
    assert.deepEqual(report(new CommanderError(0, 'commander.version', '')), { code: 0, err: '' });
    assert.deepEqual(report(new CommanderError(1, 'commander.unknownOption', 'x')), { code: 2, err: '' });
  });

  it("prints a director's whole report in place of the message", () => {
    const error = new ApiError('load x: refused', {
      code: 'ERR_CONFIG',
      details: { status: 422, report: 'x:1:1: error\n' },
    });
    assert.deepEqual(report(error), { code: 1, err: 'x:1:1: error\n' });
  });

  it('shows the stack of a bug and only the message of a system error', () => {
    assert.match(report(new TypeError('oops')).err, /TypeError: oops\n +at /);
    const missing = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
    assert.equal(report(missing).err, 'lvsd: ENOENT: no such file\n');
  });

  it('is JSON on one line of standard output where the answer was to be', () => {
    const error = new ApiError('load x: refused', {
      code: 'ERR_CONFIG',
      details: { status: 422, report: 'x:1:1: error\n' },
    });
    const { code, out, err } = reportBoth(new JsonFailure(error));
    assert.deepEqual([code, err], [1, '']);
    assert.equal(
      out,
      '{"error":{"code":"ERR_CONFIG","message":"load x: refused","report":"x:1:1: error\\n"}}\n',
    );
    const missing = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
    assert.deepEqual(JSON.parse(reportBoth(new JsonFailure(missing)).out), {
      error: { code: 'ENOENT', message: 'ENOENT: no such file' },
    });
  });

  it('is text for misuse and for bugs all the same', () => {
    for (const thrown of [usageError('say more'), new TypeError('oops')]) {
      const { code, out, err } = reportBoth(new JsonFailure(thrown));
      assert.deepEqual([code, out, err], [thrown instanceof TypeError ? 1 : 2, '', reportBoth(thrown).err]);
    }
  });
});
