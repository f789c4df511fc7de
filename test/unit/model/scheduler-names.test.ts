import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  flagsOf,
  isSchedulerModule,
  SCHEDULER_FLAG_NAMES,
  SCHEDULER_NAMES,
} from '../../../src/model/scheduler-names.js';

describe('scheduler names', () => {
  it('are the thirteen of ipvsadm, each once', () => {
    assert.equal(new Set(SCHEDULER_NAMES).size, 13);
  });

  it('own their flags', () => {
    assert.deepEqual(flagsOf('sh'), ['sh-fallback', 'sh-port']);
    assert.deepEqual(flagsOf('wlc'), []);
    assert.deepEqual(flagsOf('constructor'), []);
    assert.deepEqual([...flagsOf('sh'), ...flagsOf('mh')].sort(), [...SCHEDULER_FLAG_NAMES]);
  });

  it('are no paths', () => {
    assert.deepEqual([...SCHEDULER_NAMES, './a.js', '../a.js', '/a.js', '.js'].filter(isSchedulerModule), [
      './a.js',
      '../a.js',
      '/a.js',
    ]);
  });
});
