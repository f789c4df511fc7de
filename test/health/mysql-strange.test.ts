/** A MySQL server that is broken, or means harm, must neither hold the director nor end it nor write to its log. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import 'mysql2';
import { MysqlChecker } from '../../src/health/checkers/mysql.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import { seededRandom } from '../support/random.js';
import { showing, withMysqlServer } from './support/mysql-server.js';
import { endure, spoiled } from './support/strange-database.js';

const TIMEOUT_MS = 300;
const PROBES = 300;

const credentials = { username: 'lvsd', password: 'geheim' };
const values = { version: '8.4.2', read_only: 'ON', super_read_only: 'ON' };
const following = {
  Channel_Name: '',
  Replica_IO_Running: 'Yes',
  Replica_SQL_Running: 'Yes',
  Seconds_Behind_Source: '3',
  Last_IO_Error: '',
  Last_SQL_Errno: '0',
};

describe('a strange MySQL server', () => {
  it('cannot harm the director by its bytes', async () => {
    const random = seededRandom(3);
    const script = { ...showing(values, () => [following]), password: credentials.password };
    let words: readonly string[] = [];
    await withMysqlServer(
      { ...script, spoil: (answer) => spoiled(answer, random) },
      async ({ port, idle }) => {
        const checker = new MysqlChecker(
          plainSockets,
          { address: '127.0.0.1', port },
          { credentials, database: null, tls: null, role: 'replica', maxLagMs: 5000, donor: 'down' },
        );
        words = await endure(checker, { probes: PROBES, timeoutMs: TIMEOUT_MS });
        await idle();
      },
    );
    assert.ok(
      new Set(words.map((said) => said.slice(0, 50))).size > 3,
      'the answers are spoiled in many ways',
    );
    assert.ok(words.includes('up'));
  });
});
