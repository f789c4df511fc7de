/** Trying a notice. Whoever asks names one of the running configuration, and brings nothing along but the name. */
import { ApiError } from '../api/errors.js';
import type { NoticeTestAnswer } from '../api/notice-protocol.js';
import { nameHint } from '../config/name-hint.js';
import type { Notices } from '../notices/notices.js';

const NOT_FOUND = 404;

/** @throws ApiError ERR_NO_SUCH_NOTICE */
export async function testNotice(
  notices: Pick<Notices, 'test' | 'status'>,
  notice: string,
  by: string,
): Promise<NoticeTestAnswer> {
  const result = await notices.test(notice, by);
  if (result !== null) return { notice, sent: result.ok, detail: result.ok ? result.detail : result.reason };
  const names = notices.status.map(({ name }) => name);
  throw new ApiError(`test ${notice}: there is no notice of that name${nameHint(notice, names)}`, {
    code: 'ERR_NO_SUCH_NOTICE',
    details: { status: NOT_FOUND },
  });
}
