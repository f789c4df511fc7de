/** What a director in operation records, and what `lvsd report` makes of it, while it runs and afterwards. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { cli, DirectorHome, freePort, metricsOf, NamedServer } from '../support/test-director.js';

interface Row {
  readonly name: string;
  readonly isServed: boolean;
  readonly upMs: number;
  readonly downMs: number;
  readonly unwatchedMs: number;
  readonly failures: number;
}

interface Answer {
  readonly director: { readonly runs: boolean; readonly pid: number | null };
  readonly unreadable: number;
  readonly services: readonly (Row & { readonly servers: readonly Row[] })[];
}

describe('lvsd report', () => {
  let home: DirectorHome;
  let server: NamedServer;
  let port: number;

  beforeEach(async () => {
    home = await DirectorHome.create();
    server = await new NamedServer('a').listen();
    port = await freePort();
    await home.write(servicesOf());
  });
  afterEach(async () => {
    await home.close();
    await server.close();
  });

  const servicesOf = (name = 'web'): string => `services:
  - name: shop
    address: 127.0.0.1:${port}
    check: { type: tcp, interval: 100ms, timeout: 50ms, rise: 1, fall: 1 }
    servers: [{ name: ${name}, address: 127.0.0.1:${server.port} }]
`;

  async function report(...words: string[]): Promise<Answer> {
    const { code, out, err } = await cli(['report', '--json', '--state-dir', home.stateDir, ...words]);
    assert.equal(code, 0, err);
    return JSON.parse(out) as Answer;
  }

  /** Asks until it is so: marks are written within a second. */
  async function reportWith(holds: (answer: Answer) => boolean): Promise<Answer> {
    for (let tries = 0; tries < 100; tries++) {
      // Before the first second is over nothing may be recorded.
      const answer = await report().catch(() => null);
      if (answer !== null && holds(answer)) return answer;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return assert.fail(JSON.stringify(await report(), null, 2));
  }

  it('sees a failure while the director runs, and apart from it the time after its end', async () => {
    const daemon = await home.start();
    const serverPort = server.port;
    await reportWith(({ services }) => services.length > 0);
    await server.close();
    const down = await reportWith(({ services }) => services[0]?.failures === 1);
    assert.equal(down.director.runs, true);
    assert.equal(down.director.pid, process.pid);
    assert.equal(down.services[0]?.servers[0]?.failures, 1);
    await server.listen(serverPort);
    await reportWith(({ services }) => (services[0]?.upMs ?? 0) > (down.services[0]?.upMs ?? 0));
    await daemon.close();
    const before = await report();
    const after = await reportWith(
      ({ services }) => (services[0]?.unwatchedMs ?? 0) > (before.services[0]?.unwatchedMs ?? Infinity),
    );
    assert.deepEqual(after.director.runs, false);
    assert.equal(after.services[0]?.upMs, before.services[0]?.upMs);
    assert.equal(after.services[0]?.downMs, before.services[0]?.downMs);
    assert.ok((after.services[0]?.downMs ?? 0) > 0);
    assert.equal(after.services[0]?.failures, 1);
  });

  it('goes on over a restart and a rename, and knows what was removed', async () => {
    await (await home.start()).close();
    await home.write(servicesOf('web-1'));
    const daemon = await home.start();
    await home.write(servicesOf('web-2'));
    await daemon.reload('a test');
    const renamed = await reportWith(
      ({ services }) => services[0]?.servers.some(({ name }) => name === 'web-2') === true,
    );
    assert.deepEqual(
      renamed.services[0]?.servers.map(({ name, isServed }) => [name, isServed]),
      [
        // Renamed while no director ran: nobody could know that it is the same.
        ['web', false],
        ['web-2', true],
      ],
    );
  });

  it('has the main figures as metrics, of what is configured only', async () => {
    const daemon = await home.start();
    const sample = /^lvsd_server_availability_ratio\{service="shop",server="web"\} 1$/m;
    for (let tries = 0; tries < 100 && !sample.test(await metricsOf(daemon)); tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const text = await metricsOf(daemon);
    assert.match(text, sample);
    assert.match(text, /^lvsd_service_failures_total\{service="shop"\} 0$/m);
  });

  it('skips a line that was cut off, and says so', async () => {
    await (await home.start()).close();
    const folder = join(home.stateDir, 'report');
    const [file = ''] = await readdir(folder);
    await appendFile(join(folder, file), '{"k":"cha');
    assert.equal((await report()).unreadable, 1);
    await (await home.start()).close();
    const answer = await report();
    assert.equal(answer.unreadable, 1);
    assert.equal(answer.services[0]?.name, 'shop');
  });

  it('prints a table', async () => {
    await (await home.start()).close();
    const { code, out } = await cli(['report', '-c', home.file]);
    assert.equal(code, 0);
    assert.match(out, /^SERVICE +AVAILABILITY +CLASS +UP .*\nshop +100% .*\n {2}web +100% /m);
  });

  it('fails where there is nothing to say, and says why', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'lvsd-report-'));
    try {
      const nothing = await cli(['report', '--state-dir', elsewhere]);
      assert.equal(nothing.code, 1);
      assert.match(nothing.err, /nothing is recorded there yet; .* -c FILE or --state-dir/);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
    const missing = await cli(['report', '--state-dir', elsewhere, '--json']);
    assert.equal(missing.code, 1);
    assert.match(missing.out, /"code":"ERR_REPORT".*no such folder; name the director's/);
    await (await home.start()).close();
    const unknown = await cli(['report', '--state-dir', home.stateDir, '--service', 'nobody']);
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /nothing is recorded of it in that time, only of shop/);
    const when = await cli(['report', '--since', 'tomorrow']);
    assert.equal(when.code, 2);
    assert.match(when.err, /--since tomorrow: expected 30d/);
  });
});
