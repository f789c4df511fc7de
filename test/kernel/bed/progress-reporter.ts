/**
 * A reporter of node:test, beside the one that people read: its output tells what was running when the guest was killed,
 * and it fails a file that holds no test, which node:test would let pass.
 */
import type { TestEvent } from 'node:test/reporters';

/** Yields the name of each test on a line of its own as it begins, and an empty line when one has ended. */
export default async function* progress(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let testsOfFile = 0;
  for await (const event of events) {
    if (event.type === 'test:dequeue') {
      if (event.data.nesting === 0) testsOfFile = 0;
      else testsOfFile += 1;
      yield `${event.data.name}\n`;
    }
    if (event.type === 'test:complete') {
      yield '\n';
    }
    if (event.type === 'test:pass' && event.data.nesting === 0 && testsOfFile === 0) {
      console.error(`${event.data.name}: holds no test`);
      process.exitCode = 1;
    }
  }
}
