import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError } from '../../../src/api/errors.js';
import type { DrainsAnswer, OrderLine } from '../../../src/api/protocol.js';
import type { CliContext } from '../../../src/cli/context.js';
import { waitForDrains } from '../../../src/cli/drain-progress.js';
import { orderedView, orderTable } from '../../../src/cli/order-view.js';
import type { ServerKey, ServiceKey } from '../../../src/model/keys.js';
import { FakeClock, settle } from '../../support/fake-clock.js';
import { serverStatus, serviceStatus, snapshot } from '../../support/snapshots.js';

const serviceKey = 'tcp:192.0.2.10:80' as ServiceKey;
const serverKey = '10.0.0.1:80' as ServerKey;

function line(active: number, { cut = null as number | null, sticky = 0 } = {}): OrderLine {
  const sinceMs = Date.UTC(2026, 0, 1);
  const end = cut === null ? null : { cause: 'deadline' as const, atMs: sinceMs, connectionsCut: cut };
  return {
    service: 'shop',
    serviceKey,
    server: 'web-1',
    serverKey,
    configured: true,
    drain: { origin: 'operator', by: 'uid 7', sinceMs, deadlineMs: sinceMs + 300_000, end },
    maintenance: null,
    left: end === null ? { active, inactive: 1, sticky } : null,
  };
}

/** A director that answers with these, one after the other; the last one again and again. */
function waiting(answers: readonly (OrderLine | Error | null)[], options: Partial<CliContext> = {}) {
  const clock = new FakeClock();
  let asked = 0;
  const drains = (): Promise<DrainsAnswer> => {
    const answer = answers[Math.min(asked++, answers.length - 1)];
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve({ servers: answer instanceof Object ? [answer] : [] });
  };
  const servers = [serverStatus('web-1', { key: serverKey, weight: null })];
  const status = () =>
    Promise.resolve(snapshot({ services: [serviceStatus('shop', { key: serviceKey, servers })] }));
  const printed = { out: '', err: '' };
  const context = {
    out: (text: string) => void (printed.out += text),
    err: (text: string) => void (printed.err += text),
    color: false,
    terminal: false,
    clock,
    interrupted: () => new AbortController().signal,
    ...options,
  } as CliContext;
  const waited = waitForDrains(context, { drains, status }, [line(3)], false);
  waited.catch(() => undefined);
  return { clock, printed, waited };
}

describe('a list of orders', () => {
  it('does not say of a server that it serves where it does not', () => {
    const free = { ...line(0), drain: null, left: null };
    const rows = (idle?: string) =>
      orderTable([idle === undefined ? free : { ...free, idle }], { color: false, nowMs: 0 })
        .map((row) => row.replaceAll(/ +/g, ' ').trim())
        .slice(1);
    assert.deepEqual(rows(), ['shop/web-1 serving']);
    assert.deepEqual(rows('is replica, wanted primary'), [
      'shop/web-1 not serving is replica, wanted primary',
    ]);
  });
});

describe('waiting for drains', () => {
  it('prints a line when a count changed, and ends when the server is out', async () => {
    const { clock, printed, waited } = waiting([
      line(3),
      line(3),
      line(1, { sticky: 2 }),
      line(0, { cut: 0 }),
    ]);
    await clock.advanceAsync(3000);
    assert.equal((await waited)[0]?.drain?.end?.connectionsCut, 0);
    assert.equal(
      printed.out,
      'shop/web-1: draining, 3 active, 1 inactive, 5m00s left\n' +
        'shop/web-1: draining, 1 active, 1 inactive, 2 sticky, 4m58s left\n' +
        'shop/web-1: out, no connection cut\n',
    );
  });

  it('redraws the same lines on a terminal', async () => {
    const { clock, printed, waited } = waiting([line(12), line(0, { cut: 2 })], { terminal: true });
    await clock.advanceAsync(1000);
    await waited;
    const [first, second] = printed.out.split('\u001b[2A');
    assert.match(
      first ?? '',
      /^SERVER +STATE +ACTIVE +INACT +TIME LEFT +NOTE\S*\nshop\/web-1 +draining +12 +1 +5m00s /,
    );
    assert.match(second ?? '', /shop\/web-1 +drained +by uid 7 1s ago, 2 connections cut/);
  });

  it('waits for a director that is restarted', async () => {
    const away = new ApiError('no lvsd answers', { code: 'ERR_API_NO_DAEMON', details: { status: null } });
    const { clock, printed, waited } = waiting([line(3), away, line(0, { cut: 0 })]);
    await clock.advanceAsync(2000);
    await waited;
    assert.equal(printed.err, 'lvsd drain: no lvsd answers; waiting\n');
  });

  it('fails when somebody takes the order back', async () => {
    const { clock, waited } = waiting([line(3), null]);
    await clock.advanceAsync(1000);
    await assert.rejects(waited, /shop\/web-1: it does not drain any more/);
  });

  it('says when it is interrupted that the drain goes on', async () => {
    const interruption = new AbortController();
    const { waited } = waiting([line(3)], { interrupted: () => interruption.signal });
    await settle();
    interruption.abort();
    await assert.rejects(waited, /shop\/web-1 goes on draining, lvsd undrain takes it back/);
  });
});

describe('orders for people', () => {
  it('name the state, what is left, and who wanted it', () => {
    const maintained = {
      ...line(0, { cut: 0 }),
      server: 'web-2',
      maintenance: { by: 'uid 0', sinceMs: Date.UTC(2026, 0, 1), reason: 'new disks' },
    };
    const gone = { ...line(2), server: '10.0.0.9:80', configured: false };
    const table = orderTable([line(3, { sticky: 2 }), maintained, gone], {
      color: false,
      nowMs: Date.UTC(2026, 0, 1, 0, 1),
    });
    assert.deepEqual(
      table.map((row) => row.replace(/ {2,}/g, '  ')),
      [
        'SERVER  STATE  ACTIVE  INACT  STICKY  TIME LEFT  NOTE',
        'shop/web-1  draining  3  1  2  4m00s  by uid 7 1m00s ago',
        'shop/web-2  maintenance  maintenance, by uid 0 1m00s ago: new disks, no connection cut',
        'shop/10.0.0.9:80  draining  2  1  4m00s  by uid 7 1m00s ago, not in the file',
      ],
    );
  });

  it('say what an order changed, and what not', () => {
    const words = { done: 'undrained', unchanged: 'it was not drained' };
    const view = orderedView(
      [
        { ...line(3), changed: true },
        { ...line(3), server: 'web-2', changed: false },
      ],
      words,
    );
    assert.equal(view, 'undrained  shop/web-1\nunchanged  shop/web-2  it was not drained\n');
    assert.equal(orderedView([], words), 'No changes.\n');
  });
});
