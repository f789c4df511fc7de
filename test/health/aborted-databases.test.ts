/** Probes of databases that end at any moment: nothing of theirs may stay, nor come later. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { realClock } from '../../src/base/clock.js';
import { MongodbChecker } from '../../src/health/checkers/mongodb.js';
import { MysqlChecker } from '../../src/health/checkers/mysql.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import type { Checker } from '../../src/health/types.js';
import { seededRandom } from '../support/random.js';
import { leavesNothingOpen } from './support/descriptors.js';
import { withMongoServer } from './support/mongo-server.js';
import { showing, withMysqlServer } from './support/mysql-server.js';

const PROBES = 60;
const credentials = { username: 'lvsd', password: 'geheim' };
const wish = { role: 'replica', maxLagMs: 5000, tls: null, credentials } as const;

/** Timers that would run on. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

/** Aborts each of the probes at a moment of its own, from before its first step to after its last. */
async function abortAll(checker: Checker): Promise<void> {
  const random = seededRandom(7);
  const began = realClock.nowMs();
  await checker.probe(new AbortController().signal);
  const tookMs = realClock.nowMs() - began;
  const before = timers();
  const late: string[] = [];
  const onLate = (error: unknown): void => void late.push(String(error));
  process.on('unhandledRejection', onLate);
  try {
    await leavesNothingOpen(async () => {
      for (let index = 0; index < PROBES; index++) {
        const abort = new AbortController();
        const timer = realClock.after(
          random.next() * 1.5 * tookMs,
          () => abort.abort(new Error('timeout after 1s')),
          { ref: true },
        );
        const result = await checker.probe(abort.signal);
        if (result.ok !== true) assert.match(result.reason, /: timeout after 1s$|^load the package/);
        timer.cancel();
      }
    });
  } finally {
    process.off('unhandledRejection', onLate);
  }
  assert.deepEqual(late, []);
  assert.ok(timers() <= before, `${timers()} timers, ${before} before`);
}

describe('aborted probes', () => {
  it('of MySQL leave nothing', async () => {
    const values = { version: '8.4.2', read_only: 'ON' };
    const row = { Replica_IO_Running: 'Yes', Replica_SQL_Running: 'Yes', Seconds_Behind_Source: '0' };
    const script = { ...showing(values, () => [row]), password: credentials.password };
    await withMysqlServer(script, async ({ port }) => {
      const settings = { ...wish, database: null, donor: 'down' } as const;
      await abortAll(new MysqlChecker(plainSockets, { address: '127.0.0.1', port }, settings));
    });
  });

  it('of MongoDB leave nothing', async () => {
    const hello = {
      setName: 'rs0',
      secondary: true,
      isWritablePrimary: false,
      logicalSessionTimeoutMinutes: 30,
    };
    const now = new Date();
    const members = [
      { state: 1, health: 1, optimeDate: now },
      { state: 2, health: 1, self: true, optimeDate: now },
    ];
    const commands = { replSetGetStatus: () => ({ ok: 1, members }) };
    await withMongoServer({ hello, commands, account: credentials }, async ({ port }) => {
      const settings = { ...wish, authDatabase: 'admin', replicaSet: null, timeoutMs: 300 };
      await abortAll(new MongodbChecker(plainSockets, { address: '127.0.0.1', port }, settings));
    });
  });
});
