import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { needsFreshDump } from '../../../src/controller/risky-plan.js';
import type { ObservedTable, Step } from '../../../src/dataplane/types.js';
import type { ServiceKey } from '../../../src/model/keys.js';
import { FakeDataplane } from '../../support/fake-dataplane.js';
import { server, tableService } from '../../support/models.js';

const services = Array.from({ length: 8 }, (_, index) => tableService(`s${index}`, `192.0.2.${index}:80`));
const servers = Array.from({ length: 8 }, (_, index) => server(`10.0.0.${index}:80`));
const owned = new Map(services.map(({ key, name }) => [key, name]));
const nobody = new Map<ServiceKey, string>();

function table(): Promise<ObservedTable> {
  const plane = new FakeDataplane();
  for (const service of services) plane.externalService(service, servers);
  return plane.observe();
}

function deleteServices(count: number): Step[] {
  return services
    .slice(0, count)
    .map((service) => ({ kind: 'delete-service', phase: 4, service, liveConnections: 0 }));
}

function deleteServers(count: number): Step[] {
  const service = services[0]!;
  return servers
    .slice(0, count)
    .map((entry) => ({ kind: 'delete-server', phase: 3, service, server: entry, liveConnections: 0 }));
}

describe('needsFreshDump', () => {
  const cases = [
    { name: 'trusts an empty plan', plan: [], owners: owned, fresh: false },
    { name: 'trusts half of the services', plan: deleteServices(4), owners: owned, fresh: false },
    { name: 'distrusts more than half of the services', plan: deleteServices(5), owners: owned, fresh: true },
    {
      name: "distrusts one service that is not lvsd's",
      plan: deleteServices(1),
      owners: nobody,
      fresh: true,
    },
    { name: 'trusts half of the servers', plan: deleteServers(4), owners: owned, fresh: false },
    {
      name: "distrusts more than half of a service's servers",
      plan: deleteServers(5),
      owners: owned,
      fresh: true,
    },
  ];
  for (const { name, plan, owners, fresh } of cases)
    it(name, async () => assert.equal(needsFreshDump(plan, await table(), owners, 0.5), fresh));
});
