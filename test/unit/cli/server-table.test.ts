import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serverTable } from '../../../src/cli/server-table.js';
import type { Rates } from '../../../src/cli/status-rates.js';
import type { ServerKey } from '../../../src/model/keys.js';
import { NOW_MS, serverStatus, serviceStatus } from '../../support/snapshots.js';

const rate = { connections: 12, bytesIn: 2048, bytesOut: 4096 };
const rates: Rates = { services: new Map(), servers: new Map([['web/alpha', rate]]) };
const options = { color: false, nowMs: NOW_MS, rates, width: null };
const web = serviceStatus('web', {
  servers: [
    serverStatus('alpha', {
      key: '127.0.0.1:36685' as ServerKey,
      configuredWeight: 3,
      weight: 3,
      activeConnections: 2,
      inactiveConnections: 10,
      connections: 1234,
      bytesIn: 2048,
      bytesOut: 4096,
    }),
    serverStatus('beta', {
      key: '127.0.0.1:43809' as ServerKey,
      weight: null,
      verdict: 'down',
      reason: 'check failed: GET http://127.0.0.1:43809/: connect: ECONNREFUSED',
    }),
  ],
});

describe('serverTable', () => {
  it('shows everything where nothing limits it', () => {
    const [titles = ''] = serverTable(web, options);
    assert.match(titles, /CONNS +IN +OUT +CONN\/S +IN\/S +OUT\/S +WHY$/);
  });

  it('puts the reasons below their servers in 140 columns', () => {
    assert.deepEqual(serverTable(web, { ...options, width: 140 }), [
      '  SERVER  ADDRESS               WEIGHT  STATE  SINCE  ACTIVE  INACT  CONNS    IN   OUT  CONN/S  IN/S  OUT/S',
      '  alpha   127.0.0.1:36685            3  up     1m05s       2     10   1234  2.0K  4.0K      12  2.0K   4.0K',
      '  beta    127.0.0.1:43809  - (file: 1)  down   1m05s       0      0      0    0B    0B',
      '    check failed: GET http://127.0.0.1:43809/: connect: ECONNREFUSED',
    ]);
  });

  it('gives up the totals in 100 columns', () => {
    assert.deepEqual(serverTable(web, { ...options, width: 100 }), [
      '  SERVER  ADDRESS               WEIGHT  STATE  SINCE  ACTIVE  INACT  CONNS  CONN/S  IN/S  OUT/S',
      '  alpha   127.0.0.1:36685            3  up     1m05s       2     10   1234      12  2.0K   4.0K',
      '  beta    127.0.0.1:43809  - (file: 1)  down   1m05s       0      0      0',
      '    check failed: GET http://127.0.0.1:43809/: connect: ECONNREFUSED',
    ]);
  });

  it('keeps rates and reasons in 80 columns', () => {
    const lines = serverTable(web, { ...options, width: 80 });
    assert.match(lines[0] ?? '', /SERVER +ADDRESS +WEIGHT +STATE .*ACTIVE +CONN\/S +IN\/S +OUT\/S$/);
    assert.match(lines[3] ?? '', /ECONNREFUSED$/);
    for (const line of lines) assert.ok(line.length <= 80, line);
  });

  it('has a narrow table that fits with its reasons in one piece', () => {
    const servers = [serverStatus('a', { verdict: 'down', reason: 'check failed' })];
    const lines = serverTable({ ...web, servers }, { ...options, width: 140 });
    assert.match(lines[1] ?? '', / check failed$/);
  });

  it('gives no age to a verdict that there is not yet', () => {
    const servers = [
      serverStatus('new', { verdict: 'unknown', checkedAtMs: null, verdictReason: 'not checked yet' }),
    ];
    assert.match(serverTable({ ...web, servers }, options)[1] ?? '', / unknown +- /);
  });

  it('says who is kept in by panic, who is a backup, and who the sorry server', () => {
    const servers = [
      serverStatus('a', { verdict: 'down', panic: true, reason: 'panic: kept in; check failed: no' }),
      serverStatus('b', { role: 'backup', weight: null, reason: 'backup: stands by' }),
      serverStatus('c', {
        role: 'sorry',
        verdict: 'unknown',
        checkedAtMs: null,
        reason: 'serves as sorry server',
      }),
    ];
    const [, ...rows] = serverTable({ ...web, servers }, options);
    assert.match(rows[0] ?? '', /^ +a .* 1 +down panic +.* panic: kept in; check failed: no$/);
    assert.match(rows[1] ?? '', /^ +b .* - +up backup +.* backup: stands by$/);
    assert.match(rows[2] ?? '', /^ +c .* 1 +sorry +- .* serves as sorry server$/);
  });

  it('says which part a server says it has, and doubts what the last probe did not confirm', () => {
    const said = { term: null, sinceMs: 0 };
    const servers = [
      serverStatus('a', { seenRole: { ...said, name: 'primary', confirmed: false } }),
      serverStatus('b', {
        verdict: 'down',
        reason: 'no',
        seenRole: { ...said, name: 'replica', confirmed: true },
      }),
    ];
    const [, ...rows] = serverTable({ ...web, servers }, options);
    assert.match(rows[0] ?? '', /^ +a .* up primary\? /);
    assert.match(rows[1] ?? '', /^ +b .* down replica /);
  });
});
