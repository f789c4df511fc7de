import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { until } from '../../../kernel/support/until.js';
import { service, services, withDirector, type Bed } from '../ownership/support/director.js';

/** Files that must change nothing, each with the code that it is refused with at a reload. */
function badFiles({ home }: Bed): [name: string, write: () => void, code: string][] {
  return [
    ['broken', () => home.write(readFileSync(home.file, 'utf8').slice(0, -200)), 'ERR_CONFIG'],
    ['emptied', () => home.write(''), 'ERR_CONFIG'],
    ['without services', () => home.configure([]), 'ERR_SHRINK_GUARD'],
    ['without 60 % of the services', () => home.configure(services(4)), 'ERR_SHRINK_GUARD'],
    [
      'without 60 % of the servers of one service',
      () => home.configure([...services(9), service({ number: 10, weights: [1, 1, 1, 1] })]),
      'ERR_SHRINK_GUARD',
    ],
  ];
}

const all = (): Record<string, unknown>[] => [
  ...services(9),
  service({ number: 10, weights: Array<number>(10).fill(1) }),
];
const wanted = (): Record<string, unknown>[] => [...services(4), service({ number: 11 })];

describe('a bad file', () => {
  it('changes nothing at a reload, neither by request nor by signal, until it is forced', () =>
    withDirector(async (bed) => {
      const { home, table } = bed;
      home.configure(all());
      await home.start();
      const good = table.list();
      for (const [name, write, code] of badFiles(bed)) {
        write();
        await assert.rejects(home.api.reload({ force: false }), (error: Error & { code?: string }) => {
          assert.match(String(error.code), new RegExp(code), `${name}: ${error.message}`);
          return true;
        });
        assert.deepEqual(table.list(), good, name);
        const refused = home.events('config-refused').length;
        home.signal('SIGHUP');
        await until(
          `the signal's refusal of a file ${name}`,
          20,
          () => home.events('config-refused').length > refused,
        );
        assert.deepEqual(table.list(), good, `${name}, by signal`);
      }
      assert.equal((await home.api.readiness()).ready, true);

      home.configure(wanted());
      const forced = await home.run('reload', '--force');
      assert.equal(forced.code, 0, forced.stderr);
      assert.deepEqual(table.names().sort(), [1, 11, 2, 3, 4].map((number) => `192.0.2.${number}:80`).sort());
    }));

  it('changes nothing at a start: the last good one runs, until it is forced', async () => {
    // An emptied file names no state_dir, so the last good one is found in the default folder only.
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', '/var/lib']);
    await withDirector(async (bed) => {
      const { home, table } = bed;
      home.configure(all());
      await home.start();
      const good = table.list();
      // each costs a start, and two of them are refused for the same reason
      for (const [name, write] of badFiles(bed).filter(([each]) => each !== 'without services')) {
        await home.end('SIGKILL');
        write();
        await home.start();
        assert.deepEqual(table.list(), good, name);
        assert.equal(home.events('last-good-used').length, 1, name);
        const { config, lastPlan } = await home.api.status();
        assert.deepEqual([config.source, lastPlan?.steps], ['last-good', 0], name);
      }
      // the last of them is refused by the guard alone: it may be forced
      await home.api.reload({ force: true });
      const serving = table.weights('192.0.2.10:80')?.filter((server) => !server.endsWith(' 0'));
      assert.equal(serving?.length, 4);
      assert.equal((await home.api.status()).config.source, 'file');
    }, '/var/lib/lvsd').finally(() => execFileSync('umount', ['/var/lib']));
  });

  it('leaves servers out that are known to be down, when the last good one runs instead of it', () =>
    withDirector(async ({ home, table }) => {
      const check = { type: 'tcp', interval: '4s', timeout: '1s', fall: 2 };
      home.configure(services(5).map((each) => ({ ...each, check })));
      await home.start();
      await until(
        'servers that nobody answers for are out',
        40,
        () => table.weights('192.0.2.1:80')?.length === 0,
      );
      await home.end('SIGTERM');
      home.configure(services(1, 9));
      await home.start();
      const { config, lastPlan } = await home.api.status();
      assert.deepEqual([config.source, lastPlan?.steps], ['last-good', 0]);
      assert.equal(table.weights('192.0.2.1:80')?.length, 0);
    }));

  it('changes nothing by lvsd apply, until it is forced', () =>
    withDirector(async ({ home, table }) => {
      home.configure(all());
      assert.equal((await home.run('apply')).code, 0);
      const good = table.list();
      home.configure(wanted());
      const planned = await home.run('plan', '--detailed-exitcode');
      assert.equal(planned.code, 1, 'apply would be refused');
      assert.match(planned.stdout, /^Plan: /m);
      assert.match(planned.stderr, /lvsd apply would be refused without --force: .*removes 6 of 10 services/);
      const refused = await home.run('apply');
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /lvsd apply --force/);
      assert.deepEqual(table.list(), good);
      assert.equal((await home.run('apply', '--force')).code, 0);
      assert.equal(table.list().size, 5);
    }));
});
