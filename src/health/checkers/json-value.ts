/** One value of a JSON document that a server sent, compared with what is expected. Pure. */
import type { JsonExpectation } from '../../model/health-check.js';
import { printable } from './failure.js';

/** What was sent is no JSON, or does not hold what is expected. The message is for people. */
export class JsonMismatch extends Error {}

const LONGEST_SHOWN = 60;

/** @throws JsonMismatch */
export function judgeJson(text: string, { path, equals }: JsonExpectation): void {
  const found = follow(parse(text), path);
  if (equals === null || found === equals.value) return;
  throw new JsonMismatch(`JSON ${formatJsonPath(path)}: ${show(found)}, expected ${show(equals.value)}`);
}

/** `$.status.list[0]`. */
export function formatJsonPath(path: readonly (string | number)[]): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  });
  return `$${steps.join('')}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new JsonMismatch(text.trim() === '' ? 'the body is empty, no JSON' : 'the body is no JSON');
  }
}

function follow(root: unknown, path: readonly (string | number)[]): unknown {
  let value = root;
  for (const [index, step] of path.entries()) {
    const holds =
      typeof step === 'number'
        ? Array.isArray(value) && step < value.length
        : typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, step);
    if (!holds) throw new JsonMismatch(`JSON ${formatJsonPath(path.slice(0, index + 1))}: is not there`);
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return printable(JSON.stringify(value), LONGEST_SHOWN);
}
