import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError, apiError, errorAnswer, toApiError } from '../../../src/api/errors.js';
import { DirectorError } from '../../../src/base/errors.js';

describe('toApiError', () => {
  it('keeps an ApiError as it is', () => {
    const error = apiError('ERR_API_HOST', 'no');
    assert.equal(toApiError(error), error);
    assert.equal(error.details.status, 403);
  });

  for (const [retryable, status] of [
    [false, 500],
    [true, 503],
  ] as const)
    it(`answers a director error that is ${retryable ? '' : 'not '}retryable with ${status}`, () => {
      const cause = new DirectorError('observe table: EBUSY', { code: 'ERR_X', details: {}, retryable });
      const error = toApiError(cause);
      assert.equal(error.code, 'ERR_X');
      assert.equal(error.message, 'observe table: EBUSY');
      assert.equal(error.details.status, status);
      assert.equal(error.cause, cause);
    });

  for (const thrown of [new TypeError('secret of line 3'), 'secret text', null, undefined])
    it(`hides the text of ${String(thrown)}`, () => {
      const answer = JSON.stringify(errorAnswer(toApiError(thrown)));
      assert.match(answer, /ERR_API_INTERNAL/);
      assert.doesNotMatch(answer, /secret/);
    });
});

describe('errorAnswer', () => {
  it('shows the report where there is one, and no cause', () => {
    const details = { status: 422, report: 'all of it' };
    const error = new ApiError('load: bad', { code: 'ERR_CONFIG', details, cause: new Error('inner') });
    assert.deepEqual(errorAnswer(error), {
      error: { code: 'ERR_CONFIG', message: 'load: bad', report: 'all of it' },
    });
  });
});
