/**
 * A reporter of node:test, beside the one that people read: its output tells what was running when the guest was killed,
 * and it fails a file that holds no test, which node:test would let pass.
 */
import type { TestEvent } from 'node:test/reporters';

/** Yields the name of each test on a line of its own as it begins, and an empty line when one has ended. */
export default async function* progress(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let testsOfFile = 0;
  for await (const event of events) {
    switch (event.type) {
      case 'test:dequeue':
        yield `${event.data.name}\n`;
        break;
      case 'test:complete':
        yield '\n';
        break;
      case 'test:pass':
      case 'test:fail':
        if (event.data.nesting > 0) {
          if (isTest(event.data)) testsOfFile += 1;
          break;
        }
        if (testsOfFile === 0 && event.type === 'test:pass') {
          console.error(`${event.data.name}: holds no test`);
          process.exitCode = 1;
        }
        testsOfFile = 0;
        break;
      default:
    }
  }
}

/** A group that is skipped never tells what it holds; Node before 22 does not name the type of a test. */
function isTest(data: { details: { type?: string | undefined }; skip?: string | boolean }): boolean {
  return data.details.type !== 'suite' || (data.skip !== undefined && data.skip !== false);
}
