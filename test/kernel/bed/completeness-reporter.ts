/**
 * A reporter of node:test, beside the one that people read, for what node:test lets pass: a file that holds no test, a file
 * that throws while it loads (Node 22), and a process that ends in the middle.
 */
import type { TestEvent } from 'node:test/reporters';

/** Yields one word, after the last test. Fails the run when a file, which is a suite at the top, fails or holds no test. */
export default async function* completeness(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let testsOfFile = 0;
  for await (const event of events) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    if (event.data.nesting > 0) {
      if (isTest(event.data)) testsOfFile += 1;
      continue;
    }
    if (event.type === 'test:fail') process.exitCode = 1;
    else if (testsOfFile === 0) {
      console.error(`${event.data.name}: holds no test`);
      process.exitCode = 1;
    }
    testsOfFile = 0;
  }
  yield 'finished';
}

/** A group that is skipped never tells what it holds; Node before 22 does not name the type of a test. */
function isTest(data: { details: { type?: string | undefined }; skip?: string | boolean }): boolean {
  return data.details.type !== 'suite' || (data.skip !== undefined && data.skip !== false);
}
