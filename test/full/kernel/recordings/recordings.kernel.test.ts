/**
 * Tells every story to the kernel. With LVSD_RECORD it writes what was said to test/golden/netlink; else that must be there
 * already, byte for byte.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { annotate } from '../../../kernel/record/annotate.js';
import { formatRecording } from '../../../kernel/record/recorder.js';
import { record } from '../../../kernel/record/stage.js';
import { stories } from '../../../kernel/record/stories.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import {
  readRecording,
  recordingNames,
  recordingsFolder,
  type Exchange,
} from '../../../support/scripted-recording.js';

const recording = process.env['LVSD_RECORD'] !== undefined;

/** As lines, so that a difference is shown by the names of attributes. */
function lines(exchanges: readonly Exchange[]): string[] {
  return exchanges.flatMap(({ sent, received }) => [
    ...annotate(sent).map((line) => `> ${line}`),
    ...received.flatMap((datagram) => annotate(datagram).map((line) => `< ${line}`)),
  ]);
}

describe(recording ? 'recording' : 'the kernel answers as it is recorded', () => {
  for (const story of stories) {
    it(story.name, () =>
      inNewNamespace(() => {
        const exchanges = record(story);
        if (recording)
          writeFileSync(`${recordingsFolder}${story.name}.hex`, formatRecording(story, exchanges));
        assert.deepEqual(lines(exchanges), lines(readRecording(story.name)));
      }),
    );
  }

  it('with a story for every recording', () =>
    assert.deepEqual(
      recordingNames(),
      stories.map(({ name }) => name),
    ));
});
