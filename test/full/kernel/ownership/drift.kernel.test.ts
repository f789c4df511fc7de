import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../../../kernel/support/until.js';
import { service, services, withDirector } from './support/director.js';
import type { Table } from './support/table.js';

const key = (number: number) =>
  ({ family: 'ipv4', protocol: 6, address: `192.0.2.${number}`, port: 80 }) as const;

/** What repair has to be done in, s: `resync` is 1 s, the rest is a machine that does other things too. */
const PATIENCE_SEC = 20;

describe('drift', () => {
  it('is repaired within resync: deleted and edited services and servers, and servers that were added', () =>
    withDirector(async ({ home, table }) => {
      home.configure(services(6), { resync: '1s' });
      await home.start();
      const good = table.list();

      table.deleteService('192.0.2.1', 80);
      table.deleteServer(key(2), '10.9.2.2', 80);
      table.setWeight(key(3), '10.9.3.1', 80, 0);
      table.client.run({
        command: 'edit-service',
        service: {
          ...key(4),
          scheduler: 'sh',
          flags: 0,
          timeoutSec: 0,
          netmask: 0xffffffff,
          persistenceEngine: null,
        },
      });
      table.addServer(key(5), '10.66.0.1', 80);
      await until('six services as they were', PATIENCE_SEC, () => sameServers(table.list(), good));

      await until('a word about each', PATIENCE_SEC, () => {
        const told = home.events('drift-found').map(({ service: name }) => name);
        return [...new Set(told)].sort().join() === 's1,s2,s3,s4,s5';
      });
      assert.deepEqual((await home.api.readiness()).reasons, []);
      // in place: what was edited is the same entry, in the same order
      assert.deepEqual(table.list().get('192.0.2.3:80'), good.get('192.0.2.3:80'));
      assert.deepEqual(table.list().get('192.0.2.6:80'), good.get('192.0.2.6:80'));
    }));

  it('that comes back again and again is another controller: repair stops, loudly, and a reload begins anew', () =>
    withDirector(async ({ home, table }) => {
      home.configure(services(2), { resync: '1s' });
      await home.start();
      let fights = 0;
      await until('the end of repairs', 60, () => {
        if (table.weights('192.0.2.1:80')?.includes('10.9.1.1:80 1')) {
          fights++;
          table.setWeight(key(1), '10.9.1.1', 80, 100 + fights);
        }
        return home.events('repair-stopped').length > 0;
      });
      assert.equal(fights, 6, 'five repairs, and the change that is left');
      const stop = home.events('repair-stopped').at(0);
      assert.ok(stop);
      assert.match(stop.msg, /another controller/);
      assert.ok(stop.level >= 50, 'logged as an error');

      const { services: shown, ready } = await home.api.status();
      const fought = shown.find(({ name }) => name === 's1');
      assert.ok(fought);
      assert.equal(fought.health, 'degraded');
      assert.match(fought.reason, /repair stopped/);
      assert.equal(ready.ok, false);
      assert.match(ready.reasons.join('\n'), /s1: .*repair stopped/);

      // what is left is left, while others are repaired
      table.deleteService('192.0.2.2', 80);
      await until('the other service', PATIENCE_SEC, () => table.weights('192.0.2.2:80')?.length === 3);
      assert.ok(table.weights('192.0.2.1:80')?.includes('10.9.1.1:80 106'));
      // another drift of the same service is left too, and told as what it is
      table.setWeight(key(1), '10.9.1.2', 80, 50);
      await until('news', PATIENCE_SEC, () =>
        home.events('repair-stopped').some(({ msg }) => msg.includes('w2')),
      );
      assert.ok(table.weights('192.0.2.1:80')?.includes('10.9.1.2:80 50'));
      assert.deepEqual(
        home
          .events('drift-found')
          .filter(
            ({ msg }) => msg.startsWith('s1: ') && msg.includes('w2') && msg.includes('being repaired'),
          ),
        [],
      );

      await home.api.reload({ force: false });
      await until('repair after the reload', PATIENCE_SEC, () =>
        ['10.9.1.1:80 1', '10.9.1.2:80 1'].every((server) => table.weights('192.0.2.1:80')?.includes(server)),
      );
      assert.deepEqual((await home.api.readiness()).reasons, []);
    }));

  it('is told and left with alert, left in silence with ignore', () =>
    withDirector(async ({ home, table }) => {
      const kept = [
        service({ number: 1, drift: 'alert' }),
        service({ number: 2, drift: 'ignore' }),
        service({ number: 3 }),
      ];
      home.configure(kept, { resync: '1s' });
      await home.start();
      for (const number of [1, 2, 3]) table.setWeight(key(number), `10.9.${number}.1`, 80, 5);
      await until(
        'the repair of the third',
        PATIENCE_SEC,
        () => table.weights('192.0.2.3:80')?.includes('10.9.3.1:80 1') ?? false,
      );
      await until('a word about two', PATIENCE_SEC, () => home.events('drift-found').length >= 2);
      assert.deepEqual(
        home
          .events('drift-found')
          .map(({ service: name }) => name)
          .sort(),
        ['s1', 's3'],
      );
      assert.ok(table.weights('192.0.2.1:80')?.includes('10.9.1.1:80 5'));
      assert.ok(table.weights('192.0.2.2:80')?.includes('10.9.2.1:80 5'));
      const { services: shown } = await home.api.status();
      assert.match(shown.find(({ name }) => name === 's1')?.reason ?? '', /somebody else/);

      // what lvsd itself is told to change still changes, and nothing else
      await home.api.setWeight({ service: 's1', server: 'w2', weight: 9, dryRun: false });
      assert.deepEqual(table.weights('192.0.2.1:80'), ['10.9.1.1:80 5', '10.9.1.2:80 9', '10.9.1.3:80 1']);
    }));
});

function sameServers(now: ReturnType<Table['list']>, good: typeof now): boolean {
  const text = (table: typeof now): string =>
    JSON.stringify([...table].map(([name, { service: text, servers }]) => [name, text, [...servers].sort()]));
  return text(now) === text(good);
}
