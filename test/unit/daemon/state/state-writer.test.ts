import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { z } from 'zod';
import { realClock } from '../../../../src/base/clock.js';
import { decodeState, readState, type StateFormat } from '../../../../src/daemon/state/state-file.js';
import { StateWriter } from '../../../../src/daemon/state/state-writer.js';
import { FakeClock, settle } from '../../../support/fake-clock.js';
import { FakeDisk } from '../../../support/fake-disk.js';
import { seededRandom } from '../../../support/random.js';

interface Counter {
  readonly count: number;
}

const counterFormat: StateFormat<Counter> = {
  fileName: 'counter.json',
  format: 1,
  toJson: ({ count }) => ({ count }),
  schema: z.strictObject({ count: z.number() }),
};
const PATH = '/state/counter.json';
const seed = Number(process.env['LVSD_TEST_SEED'] ?? 11);

/** What the file says; null when there is none. */
function countIn(text: string | null): number | null {
  if (text === null) return null;
  const reading = decodeState(counterFormat, new TextEncoder().encode(text), PATH);
  assert.ok(reading.kind === 'read', text);
  return reading.content.count;
}

class Bench {
  readonly disk = new FakeDisk();
  readonly clock = new FakeClock();
  readonly troubles: (string | null)[] = [];
  readonly writer: StateWriter<Counter>;
  count = 0;
  #release: (() => void)[] = [];

  constructor(gapMs = 0) {
    this.writer = new StateWriter({
      stateDir: '/state',
      format: counterFormat,
      content: () => ({ count: this.count }),
      clock: this.clock,
      gapMs,
      onTrouble: (trouble) => this.troubles.push(trouble),
      files: this.disk,
    });
  }

  get written(): number | null {
    return countIn(this.disk.read(PATH));
  }

  /** Writes that have begun. */
  get begun(): number {
    return this.disk.operations.filter((operation) => operation === 'create').length;
  }

  fail(code: string): void {
    this.disk.before = (operation) => {
      if (operation === 'write') throw Object.assign(new Error(`${code}: it cannot be`), { code });
    };
  }

  heal(): void {
    this.disk.before = () => undefined;
  }

  /** Every write waits from now on until `letGo`. */
  hold(): void {
    this.disk.before = (operation) =>
      operation === 'write' ? new Promise<void>((resolve) => this.#release.push(resolve)) : undefined;
  }

  async letGo(): Promise<void> {
    const waiting = this.#release;
    this.#release = [];
    for (const resolve of waiting) resolve();
    await settle();
    await settle();
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms);
    // A write takes more turns than a timer.
    for (let turn = 0; turn < 5; turn++) await settle();
  }
}

describe('StateWriter', () => {
  it('has written the state for good when save resolves', async () => {
    const bench = new Bench();
    bench.count = 7;
    assert.equal(await bench.writer.save(), null);
    assert.deepEqual([...bench.disk.afterPowerLoss(PATH)].map(countIn), [7]);
  });

  it('writes by itself what was touched, once for many touches', async () => {
    const bench = new Bench();
    for (bench.count = 1; bench.count < 100; bench.count++) bench.writer.touch();
    await bench.pass(0);
    assert.deepEqual([bench.written, bench.begun], [100, 1]);
  });

  it('has one write under way at most, and then one of the newest state', async () => {
    const bench = new Bench();
    bench.hold();
    bench.count = 1;
    const first = bench.writer.save();
    await settle();
    bench.count = 2;
    const second = bench.writer.save();
    bench.count = 3;
    const third = bench.writer.save();
    bench.writer.touch();
    await bench.pass(60_000);
    assert.equal(bench.begun, 1);
    await bench.letGo();
    assert.equal(await first, null);
    assert.deepEqual([bench.written, bench.begun], [1, 2]);
    await bench.letGo();
    assert.deepEqual([await second, await third], [null, null]);
    await bench.pass(60_000);
    assert.deepEqual([bench.written, bench.begun], [3, 2]);
  });

  it('writes once more what was touched while a write was under way', async () => {
    const bench = new Bench();
    bench.hold();
    const saved = bench.writer.save();
    await settle();
    bench.count = 5;
    bench.writer.touch();
    bench.heal();
    await bench.letGo();
    await saved;
    await bench.pass(0);
    assert.deepEqual([bench.written, bench.begun], [5, 2]);
  });

  it('keeps its gap between writes that nobody waits for, and saves at once in between', async () => {
    const bench = new Bench(1_000);
    bench.writer.touch();
    await bench.pass(0);
    bench.count = 1;
    bench.writer.touch();
    await bench.pass(999);
    assert.equal(bench.written, 0);
    await bench.pass(1);
    assert.equal(bench.written, 1);
    bench.count = 2;
    await bench.writer.save();
    assert.equal(bench.written, 2);
    await bench.pass(5_000);
    assert.equal(bench.begun, 3);
  });

  it('takes its time when it may, and hurries for the first who is in a hurry', async () => {
    const bench = new Bench();
    bench.writer.touch(20_000);
    await bench.pass(10_000);
    assert.equal(bench.begun, 0);
    bench.writer.touch(1_000);
    bench.writer.touch(20_000);
    await bench.pass(999);
    assert.equal(bench.begun, 0);
    await bench.pass(1);
    assert.equal(bench.begun, 1);
    await bench.pass(60_000);
    assert.equal(bench.begun, 1);
  });

  it('tells a failure once, tries again later and later, and tells the end of it', async () => {
    const bench = new Bench();
    bench.fail('ENOSPC');
    assert.equal(await bench.writer.save(), `write ${PATH}: ENOSPC: it cannot be`);
    assert.equal(bench.writer.trouble, `write ${PATH}: ENOSPC: it cannot be`);
    const begins: number[] = [];
    for (let second = 1; second <= 100; second++) {
      const before = bench.begun;
      await bench.pass(1_000);
      if (bench.begun > before) begins.push(second);
    }
    assert.deepEqual(begins, [1, 3, 7, 15, 31, 61, 91]);
    assert.equal(bench.troubles.length, 1);
    bench.heal();
    bench.count = 9;
    await bench.pass(30_000);
    assert.deepEqual([bench.written, bench.writer.trouble], [9, null]);
    assert.deepEqual(bench.troubles, [`write ${PATH}: ENOSPC: it cannot be`, null]);
    await bench.pass(600_000);
    assert.equal(bench.clock.pending, 0);
  });

  it('tells another reason too, and does not ask a full disk at every touch', async () => {
    const bench = new Bench();
    bench.fail('ENOSPC');
    await bench.writer.save();
    for (let touch = 0; touch < 50; touch++) {
      bench.writer.touch();
      await bench.pass(10);
    }
    assert.equal(bench.begun, 1);
    bench.fail('EROFS');
    await bench.writer.save();
    assert.deepEqual(
      bench.troubles.map((trouble) => /E[A-Z]+/.exec(trouble ?? '')?.[0]),
      ['ENOSPC', 'EROFS'],
    );
    await bench.writer.close();
  });

  it('reports a state that cannot be put into JSON as it does a disk', async () => {
    const bench = new Bench();
    const writer = new StateWriter({
      stateDir: '/state',
      format: counterFormat,
      content: (): Counter => {
        throw new TypeError('no such thing');
      },
      clock: bench.clock,
      files: bench.disk,
    });
    assert.match((await writer.save()) ?? '', /no such thing/);
    await writer.close();
  });

  it('writes at close what is not written yet, and nothing afterwards', async () => {
    const bench = new Bench(1_000);
    await bench.writer.save();
    bench.count = 4;
    bench.writer.touch();
    await Promise.all([bench.writer.close(), bench.writer.close()]);
    assert.deepEqual([bench.written, bench.begun], [4, 2]);
    bench.count = 5;
    bench.writer.touch();
    assert.match((await bench.writer.save()) ?? '', /lvsd is stopping/);
    await bench.pass(60_000);
    assert.deepEqual([bench.written, bench.clock.pending], [4, 0]);
  });

  it('waits at close for the write under way and for those who wait for one', async () => {
    const bench = new Bench();
    bench.hold();
    const first = bench.writer.save();
    await settle();
    bench.count = 8;
    const second = bench.writer.save();
    const closed = bench.writer.close();
    bench.heal();
    await bench.letGo();
    await closed;
    assert.deepEqual([await first, await second, bench.written], [null, null, 8]);
  });

  it('gives up at close on a disk that fails', async () => {
    const bench = new Bench();
    bench.fail('EIO');
    bench.writer.touch();
    await bench.writer.close();
    assert.match(bench.writer.trouble ?? '', /EIO/);
    assert.equal(bench.clock.pending, 0);
  });

  it('writes nothing at close when nothing changed', async () => {
    const bench = new Bench();
    await bench.writer.close();
    assert.deepEqual(bench.disk.operations, []);
  });

  it('ends with the newest state on the disk, whatever came in which order', async () => {
    for (let history = 0; history < 200; history++) {
      const random = seededRandom(seed * 1_000 + history);
      const bench = new Bench(random.pick([0, 100]));
      let sure = 0;
      bench.disk.before = async () => {
        for (let turns = random.int(0, 3); turns > 0; turns--) await Promise.resolve();
        if (random.chance(0.05)) throw new Error('unlucky');
      };
      for (let step = 0; step < 30; step++) {
        const now = ++bench.count;
        if (random.chance(0.3))
          void bench.writer.save().then((trouble) => {
            if (trouble === null) sure = Math.max(sure, now);
          });
        else bench.writer.touch(random.int(0, 200));
        if (random.chance(0.5)) await bench.pass(random.int(0, 400));
        for (const text of bench.disk.afterPowerLoss(PATH))
          assert.ok((countIn(text) ?? 0) >= sure, `seed ${seed}, history ${history}: ${text} after ${sure}`);
      }
      bench.heal();
      await bench.writer.close();
      assert.equal(bench.written, bench.count, `seed ${seed}, history ${history}`);
    }
  });

  describe('on a real disk', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'lvsd-writer-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    it('writes a file for its owner alone, again and again, and leaves no temporary one', async () => {
      let count = 0;
      const content = (): Counter => ({ count });
      const writer = new StateWriter({ stateDir: folder, format: counterFormat, content, clock: realClock });
      for (count = 1; count <= 20; count++) assert.equal(await writer.save(), null);
      await writer.close();
      assert.deepEqual(await readdir(folder), ['counter.json']);
      assert.equal((await stat(writer.path)).mode & 0o777, 0o600);
      const reading = await readState(counterFormat, writer.path, process.getuid?.() ?? 0);
      assert.deepEqual(reading, { kind: 'read', content: { count: 20 } });
    });

    it('says that the folder is gone', async () => {
      const gone = join(folder, 'gone');
      const content = (): Counter => ({ count: 1 });
      const writer = new StateWriter({ stateDir: gone, format: counterFormat, content, clock: realClock });
      assert.match((await writer.save()) ?? '', /ENOENT/);
      await writer.close();
    });
  });
});
