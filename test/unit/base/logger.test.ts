import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createLogger, type LoggerOptions } from '../../../src/base/logger.js';

describe('createLogger', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lvsd-log-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What one record and one below the level leave in a file, read at once: writes are synchronous. */
  function written(options: Pick<LoggerOptions, 'pretty' | 'color'>): string {
    const path = join(folder, 'log');
    const descriptor = openSync(path, 'w');
    const logger = createLogger({ level: 'info', descriptor, ...options });
    logger.debug('too little to tell');
    logger.info({ service: 'shop' }, 'server a is down');
    closeSync(descriptor);
    return readFileSync(path, 'utf8');
  }

  it('writes JSON lines for collectors', () => {
    const [line = '', ...rest] = written({ pretty: false, color: false }).split('\n');
    const { level, msg, service, pid } = JSON.parse(line) as Record<string, unknown>;
    assert.deepEqual(
      { level, msg, service, pid, rest },
      { level: 30, msg: 'server a is down', service: 'shop', pid: process.pid, rest: [''] },
    );
  });

  it('writes one readable line for people, in colours when asked to', () => {
    assert.match(
      written({ pretty: true, color: false }),
      /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: server a is down \{"service":"shop"\}\n$/,
    );
    // eslint-disable-next-line no-control-regex -- ANSI colours begin with it
    assert.match(written({ pretty: true, color: true }), /\u001b\[/);
  });

  for (const pretty of [false, true])
    it(`goes on when the disk is full, and writes again when it is not, ${pretty ? 'pretty' : 'JSON'}`, () => {
      const path = join(folder, 'full');
      symlinkSync('/dev/full', path);
      const descriptor = openSync(path, 'w');
      const logger = createLogger({ level: 'info', pretty, color: false, descriptor });
      for (let times = 0; times < 3; times++) logger.info('lost');
      closeSync(descriptor);
      rmSync(path);
      // The lowest free descriptor is the one just closed.
      assert.equal(openSync(path, 'w'), descriptor);
      logger.info('there is room again');
      closeSync(descriptor);
      assert.match(readFileSync(path, 'utf8'), /^[^\n]*there is room again[^\n]*\n$/);
      rmSync(path);
    });
});
