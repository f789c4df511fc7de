/** The status codes of HTTP that mean up. */
import { z } from 'zod';
import { field, Refusal, show } from '../fields.js';

/** `200` or `200-299`. */
function statusRange() {
  const meta = {
    type: ['integer', 'string'],
    minimum: 100,
    maximum: 599,
    pattern: '^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$',
  };
  return field<{ first: number; last: number }>(meta, (value) => {
    const match = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(String(value));
    if (match === null) {
      return new Refusal(
        'bad-status',
        `${show(value)} is no HTTP status and no range of them`,
        'write 200, "200-299" or [200, 204]',
      );
    }
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    return first <= last
      ? { first, last }
      : new Refusal('bad-status', `${show(value)} ends before it begins`);
  });
}

export const expectStatus = z.union([
  statusRange().transform((range) => [range]),
  z.array(statusRange()).min(1),
]);
