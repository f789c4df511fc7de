import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { realClock } from '../../src/base/clock.js';
import type { NoticeBody } from '../../src/notices/content.js';
import { Courier } from '../../src/notices/courier.js';
import { ExecSender } from '../../src/notices/exec-sender.js';
import type { SendResult } from '../../src/notices/sender.js';
import { leavesNothingOpen, processesWith } from '../health/support/descriptors.js';
import { event, notice, occurrence } from '../unit/notices/events.js';

const teller = { director: 'director-a', startedAtMs: 7 };
let folder: string;
let file: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvsd-test-notice-'));
  file = join(folder, 'told');
});
after(() => rmSync(folder, { recursive: true }));

/** The shell belongs to root, so that it may run whoever tests. */
const sh = (script: string, ...words: readonly string[]): readonly string[] => [
  '/bin/sh',
  '-c',
  script,
  'hook',
  ...words,
];

function send(
  command: readonly string[],
  given = occurrence(3),
  signal = new AbortController().signal,
): Promise<SendResult> {
  const sender = new ExecSender(notice({ command }), teller);
  return leavesNothingOpen(() => sender.send([given], 2, signal));
}

const content = (): string => readFileSync(file, 'utf8');

describe('ExecSender', () => {
  it('puts whole words in, and no word becomes two', async () => {
    const message = 'up -> down: "; rm -rf $HOME\n\0-x {service}';
    const given = occurrence(3, { message });
    const words = [
      '{event}',
      '{service}',
      '{server}',
      '{message}',
      '{seq}',
      '{time}',
      '{director}',
      '{notice}',
      'x{y',
    ];
    const result = await send(sh(`for word; do printf '<%s>' "$word"; done > ${file}`, ...words), given);
    assert.deepEqual(result, { ok: true, detail: 'exit code 0' });
    assert.equal(
      content(),
      '<server-down><shop><web-1><up -> down: "; rm -rf $HOME -x {service}><3><2026-01-01T00:00:00.003Z><director-a><pager><x{y>',
    );
  });

  it('gives an empty word for what the event is not about', async () => {
    await send(sh(`printf '<%s>' "$@" > ${file}`, '{service}', 'end'), {
      event: event(1, 'config-refused'),
      because: [],
    });
    assert.equal(content(), '<><end>');
  });

  it('writes the event as JSON to its standard input', async () => {
    const because = [event(2, 'weight-set')];
    await send(sh(`cat > ${file}`), { ...occurrence(3), because });
    const body = JSON.parse(content()) as NoticeBody;
    assert.deepEqual(body, {
      version: 1,
      id: 'director-a-7-3',
      director: 'director-a',
      notice: 'pager',
      seq: 3,
      time: '2026-01-01T00:00:00.003Z',
      type: 'server-down',
      service: 'shop',
      server: 'web-1',
      message: 'm3',
      cause: null,
      because: [
        {
          seq: 2,
          time: '2026-01-01T00:00:00.002Z',
          type: 'weight-set',
          service: null,
          server: null,
          message: 'm2',
        },
      ],
      missed: 2,
    });
  });

  it('does not mind a program that reads nothing', async () => {
    const given = occurrence(3, { message: 'x'.repeat(3_000_000) });
    assert.equal((await send(sh('exec 0<&-; exit 0'), given)).ok, true);
  });

  it('gives an environment of its own, with nothing of the director in it', async () => {
    process.env['LVSD_TEST_SECRET'] = 'hunter2';
    try {
      await send(sh(`env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= | sort > ${file}`));
    } finally {
      delete process.env['LVSD_TEST_SECRET'];
    }
    assert.deepEqual(
      content()
        .trimEnd()
        .split('\n')
        .map((line) => line.split('=')[0]),
      [
        'LANG',
        'LVSD_DIRECTOR',
        'LVSD_EVENT',
        'LVSD_INSTANCE',
        'LVSD_MESSAGE',
        'LVSD_NOTICE',
        'LVSD_SEQ',
        'LVSD_SERVER',
        'LVSD_SERVICE',
        'LVSD_TIME',
        'PATH',
      ],
    );
    assert.match(content(), /^LVSD_EVENT=server-down$/m);
  });

  it('leaves a program no capability', { skip: process.getuid?.() !== 0 && 'not root' }, async () => {
    await send(sh(`grep -E '^(Cap|NoNewPrivs)' /proc/self/status > ${file}`));
    const lines = Object.fromEntries(
      content()
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/:\s+/) as [string, string]),
    );
    const none = '0'.repeat(16);
    assert.deepEqual(lines, {
      CapInh: none,
      CapPrm: none,
      CapEff: none,
      CapBnd: none,
      CapAmb: none,
      NoNewPrivs: '1',
    });
  });

  it('is refused with another exit code, and shows the first line', async () => {
    assert.deepEqual(await send(sh('echo no pager >&2; exit 3')), {
      ok: false,
      reason: 'run /bin/sh: exit code 3: no pager',
      retryable: true,
    });
  });

  it('names a program that is not there', async () => {
    const sender = new ExecSender(notice({ command: ['/nonexistent'] }), teller);
    const result = await sender
      .send([occurrence(1)], 0, new AbortController().signal)
      .catch((error: unknown) => error);
    assert.match(JSON.stringify(result instanceof Error ? result.message : result), /ENOENT/);
  });
});

describe('ExecSender in the hands of a courier', () => {
  const tell = (): void => undefined;
  const options = { clock: realClock, random: () => 0, tell };

  async function until(condition: () => boolean): Promise<void> {
    const endMs = realClock.nowMs() + 10_000;
    while (!condition() && realClock.nowMs() < endMs) await setImmediate();
    assert.ok(condition());
  }

  it('runs one program after the other, in the order of the events', async () => {
    rmSync(file, { force: true });
    // The first takes longest: in parallel the others would overtake it.
    const script = `echo "begin $1" >> ${file}; test "$1" = 1 && sleep 0.3; echo "end $1" >> ${file}`;
    const settings = notice({ command: sh(script, '{seq}') });
    const courier = new Courier(settings, new ExecSender(settings, teller), options);
    for (const seq of [1, 2, 3]) courier.push(occurrence(seq));
    await until(() => courier.status.queued === 0);
    await courier.close(1000);
    assert.deepEqual(content().trimEnd().split('\n'), [
      'begin 1',
      'end 1',
      'begin 2',
      'end 2',
      'begin 3',
      'end 3',
    ]);
  });

  it('kills a program that takes too long, with all that it started', async () => {
    const settings = notice({ command: sh('sleep 4711 & sleep 4711'), timeoutMs: 200, retryForMs: 0 });
    const courier = new Courier(settings, new ExecSender(settings, teller), options);
    courier.push(occurrence(1));
    await until(() => courier.status.failed === 1);
    assert.equal(courier.status.failing, 'run /bin/sh: no end within 200ms');
    await until(() => processesWith('sleep\x004711').length === 0);
    await courier.close(1000);
  });
});
