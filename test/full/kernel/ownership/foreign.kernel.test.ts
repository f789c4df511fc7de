import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../../../kernel/support/until.js';
import { service, services, withDirector } from './support/director.js';
import { only } from './support/table.js';

const FOREIGN = 500;

describe('services of another controller', () => {
  it('stay as they are through start, reload, resync, restart, kill -9 and stop with remove', () =>
    withDirector(async ({ home, table }) => {
      table.addForeign(FOREIGN);
      const foreign = table.list();
      assert.equal(foreign.size, FOREIGN);
      const untouched = (moment: string): void =>
        assert.deepEqual(only(table.list(), '203.'), foreign, `foreign services after ${moment}`);

      home.configure(services(10), { resync: '1s' });
      const planned = await home.run('plan', '--detailed-exitcode');
      assert.equal(planned.code, 3, planned.stderr);
      assert.match(planned.stdout, /create.*s10|s10.*create/);
      await home.start();
      untouched('start');
      assert.equal(table.list().size, FOREIGN + 10);
      assert.equal((await home.run('plan', '--detailed-exitcode')).code, 0);

      home.configure([...services(8), service({ number: 11 })], { resync: '1s' });
      const { steps } = await home.api.reload({ force: false });
      assert.deepEqual(
        steps.map(({ kind }) => kind),
        ['create-service', 'add-server', 'add-server', 'add-server', 'delete-service', 'delete-service'],
      );
      untouched('reload');

      table.setWeight({ family: 'ipv4', protocol: 6, address: '192.0.2.1', port: 80 }, '10.9.1.1', 80, 9);
      await until('a resync', 30, () => table.weights('192.0.2.1:80')?.includes('10.9.1.1:80 1') ?? false);
      untouched('resync');

      assert.equal(await home.end('SIGTERM'), 0);
      untouched('stop');
      assert.equal(table.list().size, FOREIGN + 9);
      await home.start();
      assert.equal((await home.api.status()).lastPlan?.steps, 0);
      untouched('restart');
      await home.end('SIGKILL');
      await home.start();
      assert.equal((await home.api.status()).lastPlan?.steps, 0);
      untouched('kill -9 and start');

      home.configure([...services(8), service({ number: 11 })], { resync: '1s', on_stop: 'remove' });
      await home.api.reload({ force: false });
      assert.equal(await home.end('SIGTERM'), 0);
      assert.deepEqual(table.list(), foreign);
    }));

  it('go with unmanaged: remove, and not before', () =>
    withDirector(async ({ home, table }) => {
      table.addForeign(20);
      home.configure(services(2));
      await home.start();
      assert.equal(table.list().size, 22);
      home.configure(services(2), { unmanaged: 'remove' });
      const plan = await home.api.plan();
      assert.deepEqual(
        plan.steps.map(({ kind }) => kind),
        Array.from({ length: 20 }, () => 'delete-service'),
      );
      await home.api.reload({ force: false });
      assert.deepEqual(table.names(), ['192.0.2.1:80', '192.0.2.2:80']);
    }));

  it('that come while lvsd runs outlive its stop with remove', () =>
    withDirector(async ({ home, table }) => {
      // so many that the table is looked at again before they go
      home.configure(services(6), { unmanaged: 'remove', on_stop: 'remove', resync: '1h' });
      await home.start();
      table.addForeign(3);
      const foreign = only(table.list(), '203.');
      assert.equal(await home.end('SIGTERM'), 0);
      assert.deepEqual(table.list(), foreign);
    }));
});

describe('lvsd apply', () => {
  it('programs the table without a director, and lvsd run adopts it without a change', () =>
    withDirector(async ({ home, table }) => {
      table.addForeign(5);
      home.configure(services(5));
      const applied = await home.run('apply');
      assert.equal(applied.code, 0, applied.stderr);
      const made = table.list();
      assert.equal(made.size, 10);
      assert.equal((await home.run('plan', '--detailed-exitcode')).code, 0);

      await home.start();
      assert.equal((await home.api.status()).lastPlan?.steps, 0);
      assert.deepEqual(table.list(), made);
      assert.deepEqual(home.events('service-added'), []);
      // it is lvsd's own: a service that leaves the file goes
      home.configure(services(4));
      await home.api.reload({ force: false });
      assert.equal(table.list().size, 9);
      // what somebody changed while nobody looked is put right in place
      await home.end('SIGKILL');
      const key = { family: 'ipv4', protocol: 6, address: '192.0.2.1', port: 80 } as const;
      const good = table.list();
      table.setWeight(key, '10.9.1.1', 80, 7);
      await home.start();
      assert.equal((await home.api.status()).lastPlan?.steps, 1);
      assert.deepEqual(table.list(), good);
    }));
});
