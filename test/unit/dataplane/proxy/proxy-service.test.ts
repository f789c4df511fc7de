import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createScheduler } from '../../../../schedulers/index.js';
import type { Flow, SchedulerName } from '../../../../schedulers/types.js';
import { FlowTable } from '../../../../src/dataplane/proxy/flow-table.js';
import { ProxyService } from '../../../../src/dataplane/proxy/proxy-service.js';
import type { SchedulerRecipe } from '../../../../src/dataplane/proxy/scheduler-source.js';
import { ServerTrash } from '../../../../src/dataplane/proxy/server-trash.js';
import type { TableService } from '../../../../src/model/desired-state.js';
import { serviceKey } from '../../../../src/model/keys.js';
import { plainSettings, tableServer } from '../../../proxy/loopback.js';
import { FakeClock } from '../../../support/fake-clock.js';

const address = { kind: 'address', family: 4, address: '192.0.2.1', port: 80, protocol: 'tcp' } as const;

const definition = (scheduler: SchedulerName): TableService => ({
  key: serviceKey(address, 'web'),
  name: 'web',
  address,
  settings: { ...plainSettings, scheduler },
});

const recipe = (scheduler: SchedulerName): SchedulerRecipe => ({
  identity: scheduler,
  create: () => ({ scheduler: createScheduler(scheduler, {}), faults: () => [] }),
});

function serviceWith(scheduler: SchedulerName): ProxyService {
  return new ProxyService(definition(scheduler), recipe(scheduler), {
    clock: new FakeClock(),
    flows: new FlowTable(),
    trash: new ServerTrash(),
    faultyReplaced: () => undefined,
    finRememberedMs: () => 120_000,
  });
}

const flowFrom = (client: number): Flow => ({
  family: 4,
  source: `10.0.0.${client}`,
  sourcePort: 40_000,
  destination: address.address,
  destinationPort: address.port,
  protocol: 'tcp',
});

/** Which server each of 100 clients gets; null = turned away. */
function choices(service: ProxyService): (string | null)[] {
  return Array.from(
    { length: 100 },
    (_, client) => service.openConnection(flowFrom(client))?.server.key ?? null,
  );
}

describe('ProxyService', () => {
  const [a, b] = [tableServer(80, { address: '10.1.0.1' }), tableServer(80, { address: '10.1.0.2' })];

  it('gives mh the weight that a quiesced server had, whenever mh came', () => {
    const early = serviceWith('mh');
    const late = serviceWith('wlc');
    for (const service of [early, late]) {
      service.addServer(a);
      service.addServer(b);
      service.editServer({ ...b, weight: 0 });
    }
    late.prepareEdit(definition('mh'), recipe('mh'))();
    const expected = choices(early);
    assert.deepEqual(choices(late), expected);
    assert.ok(expected.includes(null) && expected.includes(a.key));
  });

  it('gives mh no slot for a server that was added with weight 0', () => {
    const service = serviceWith('wlc');
    service.addServer(a);
    service.addServer({ ...b, weight: 0 });
    service.prepareEdit(definition('mh'), recipe('mh'))();
    assert.deepEqual(new Set(choices(service)), new Set([a.key]));
  });
});
