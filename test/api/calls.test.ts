import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import type { HaOrderRequest } from '../../src/api/ha-protocol.js';
import { ApiError } from '../../src/api/errors.js';
import type { ConnectionLine } from '../../src/api/protocol.js';
import type { ServerKey, ServiceKey } from '../../src/model/keys.js';
import { ApiFixture } from './support/api-fixture.js';
import { iterate, ORDER_LINE, SNAPSHOT } from './support/fake-operations.js';

const RECORD: ConnectionLine = {
  service: 'shop',
  serviceKey: 'tcp:192.0.2.1:80' as ServiceKey,
  server: 'web-1',
  serverKey: '10.0.0.1:80' as ServerKey,
  protocol: 'tcp',
  family: 4,
  client: '198.51.100.7:40000',
  virtual: '192.0.2.1:80',
  state: 'ESTABLISHED',
  bytesIn: 1,
  bytesOut: 2,
  ageMs: 3,
};

describe('client and server over the control socket', () => {
  let api: ApiFixture;
  const peer = { uid: 1000, gid: 1000, pid: 4711 };
  before(async () => {
    api = await ApiFixture.start({ peerOf: () => peer });
  });
  after(() => api.close());

  it('tells that the loop turns', async () => {
    await api.client.health();
    assert.equal((await api.overSocket('/healthz')).text, 'ok\n');
  });

  it('brings the snapshot over whole', async () => {
    assert.deepEqual(await api.client.status(), SNAPSHOT);
  });

  it('gives readiness as a value, ready or not', async () => {
    assert.deepEqual(await api.client.readiness(), { ready: true, reasons: [] });
    api.operations.ready = { ready: false, reasons: ['shop: add-server failed'] };
    assert.deepEqual(await api.client.readiness(), { ready: false, reasons: ['shop: add-server failed'] });
    assert.equal((await api.overSocket('/readyz')).status, 503);
    api.operations.ready = { ready: true, reasons: [] };
  });

  it('streams the metrics as the text format', async () => {
    let text = '';
    for await (const chunk of api.client.metrics()) text += chunk;
    assert.equal(text, '# HELP a b\na 1\n');
    const { headers } = await api.overSocket('/metrics');
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  });

  it('plans', async () => {
    assert.equal((await api.client.plan()).file, '/etc/lvsd/lvsd.yaml');
  });

  it('hands a reload over with who asked', async () => {
    assert.equal((await api.client.reload({ force: true })).revision, 2);
    assert.deepEqual(api.operations.asked.at(-1), { what: 'reload', input: { force: true }, who: peer });
  });

  it('hands a weight over with who asked', async () => {
    const request = { service: 'shop', server: 'web-1', weight: 0, dryRun: false };
    const answer = await api.client.setWeight(request);
    assert.deepEqual(answer.changed, [{ service: 'shop', server: 'web-1', from: 1, to: 0 }]);
    assert.deepEqual(api.operations.asked.at(-1), { what: 'weight', input: request, who: peer });
  });

  it('takes null for the weight of the file', async () => {
    await api.client.setWeight({ server: '[2001:db8::1]:80', weight: null, dryRun: true });
    assert.deepEqual(api.operations.asked.at(-1)?.input, {
      server: '[2001:db8::1]:80',
      weight: null,
      dryRun: true,
    });
  });

  it('hands drains and maintenance over with who asked', async () => {
    const subject = { service: 'shop', server: 'web-1', dryRun: false };
    const { client, operations } = api;
    const drain = { ...subject, timeoutMs: 300_000 };
    const answer = await client.drain(drain);
    assert.deepEqual(answer, { servers: [{ ...ORDER_LINE, changed: true }], warnings: [] });
    assert.deepEqual(operations.asked.at(-1), { what: 'drain', input: drain, who: peer });
    await client.drain({ server: 'web-1', timeoutMs: null, dryRun: true });
    assert.deepEqual(operations.asked.at(-1)?.input, { server: 'web-1', timeoutMs: null, dryRun: true });
    await client.undrain(subject);
    assert.deepEqual(operations.asked.at(-1), { what: 'undrain', input: subject, who: peer });
    const maintenance = { ...subject, on: true, reason: 'new disks' };
    await client.setMaintenance(maintenance);
    assert.deepEqual(operations.asked.at(-1), { what: 'maintenance', input: maintenance, who: peer });
    assert.deepEqual(await client.drains(), { servers: [ORDER_LINE] });
  });

  it('hands an order to instances over with who asked', async () => {
    const { client, operations } = api;
    const request = { verb: 'release', instance: 'vi_shop', force: true } as const;
    const { moves } = await client.orderInstances(request);
    assert.deepEqual(moves[0]?.instances, ['vi_shop']);
    assert.deepEqual(operations.asked.at(-1), { what: 'orderInstances', input: request, who: peer });
    await client.orderInstances({ verb: 'takeover', force: false });
    assert.deepEqual(operations.asked.at(-1)?.input, { verb: 'takeover', force: false });
  });

  for (const bad of [{ verb: 'kill' }, { instance: '' }, { force: 'yes' }, { exec: '/bin/sh' }])
    it(`refuses an order to instances with ${JSON.stringify(bad)}`, async () => {
      const request = { verb: 'release', force: true, ...bad } as HaOrderRequest;
      await assert.rejects(api.client.orderInstances(request), { code: 'ERR_API_BAD_REQUEST' });
    });

  for (const [what, bad] of [
    ['a timeout below 0', { timeoutMs: -1 }],
    ['a timeout that is no whole number', { timeoutMs: 0.5 }],
    ['an unknown field', { command: '/bin/sh' }],
    ['a server without a name', { server: '' }],
  ] as const)
    it(`refuses a drain with ${what}`, async () => {
      const request = { server: 'web-1', dryRun: false, ...bad };
      await assert.rejects(api.client.drain(request), { code: 'ERR_API_BAD_REQUEST' });
    });

  it('lists connections by name, one at a time', async () => {
    api.operations.connectionsSource = () => iterate([RECORD, { ...RECORD, ageMs: 4 }]);
    const ages: (number | null)[] = [];
    for await (const record of api.client.connections({ service: 'shop & co', server: 'web-1' }))
      ages.push(record.ageMs);
    assert.deepEqual(ages, [3, 4]);
    assert.deepEqual(api.operations.asked.at(-1)?.input, { service: 'shop & co', server: 'web-1' });
  });

  it('lists ten thousand connections', async () => {
    api.operations.connectionsSource = () => iterate(new Array<ConnectionLine>(10_000).fill(RECORD));
    let count = 0;
    for await (const record of api.client.connections()) count += record.ageMs === 3 ? 1 : 0;
    assert.equal(count, 10_000);
  });

  it('ends the listing at the source when the reader leaves', async () => {
    const source = new EventEmitter();
    const ended = once(source, 'ended');
    api.operations.connectionsSource = async function* () {
      try {
        for (;;) yield await Promise.resolve(RECORD);
      } finally {
        source.emit('ended');
      }
    };
    for await (const record of api.client.connections()) if (record.ageMs === 3) break;
    await ended;
  });

  it('brings a refusal over with code, status, message and report', async () => {
    api.operations.gate = () => {
      const details = { status: 422, report: 'lvsd.yaml:3:5 unknown key' };
      throw new ApiError('reload lvsd.yaml: 1 problem', { code: 'ERR_CONFIG', details });
    };
    await assert.rejects(api.client.reload({ force: false }), (error) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.code, 'ERR_CONFIG');
      assert.equal(error.message, 'reload lvsd.yaml: 1 problem');
      assert.deepEqual(error.details, { status: 422, report: 'lvsd.yaml:3:5 unknown key' });
      return true;
    });
    api.operations.gate = () => Promise.resolve();
  });

  it('refuses a listing that fails before its first line', async () => {
    // eslint-disable-next-line @typescript-eslint/require-await, require-yield -- fails before it yields
    api.operations.connectionsSource = async function* () {
      throw new ApiError('list connections of nope: no such service', {
        code: 'ERR_UNKNOWN_SERVICE',
        details: { status: 404 },
      });
    };
    await assert.rejects(api.client.connections({ service: 'nope' })[Symbol.asyncIterator]().next(), {
      code: 'ERR_UNKNOWN_SERVICE',
    });
  });

  it('cuts a listing that fails later, so that half never looks whole', async () => {
    api.operations.connectionsSource = async function* () {
      for (let index = 0; index < 2_000; index++) yield await Promise.resolve(RECORD);
      throw new Error('the table went away');
    };
    const readAll = async () => {
      for await (const record of api.client.connections()) assert.equal(record.ageMs, 3);
    };
    await assert.rejects(readAll(), { code: 'ERR_API_INTERRUPTED' });
  });
});
