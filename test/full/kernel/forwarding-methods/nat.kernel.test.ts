import { after, before, describe, it } from 'node:test';
import { assertForwarding, everyCase, titleOf } from '../../../kernel/lab/forwarding-case.js';
import { Lab } from '../../../kernel/lab/lab.js';
import { routeThrough } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';

describe('NAT', () => {
  let lab: Lab;
  before(async () => {
    lab = Lab.create({ layout: 'two', modules: ['sctp'] });
    lab.holdVip();
    for (const server of lab.servers) routeThrough(server, lab.director);
    await serve(lab, { port: 8080, protocols: ['tcp', 'udp', 'sctp'] });
  });
  after(() => lab.close());

  for (const kind of everyCase(['tcp', 'udp', 'sctp'])) {
    it(`forwards ${titleOf(kind)} in the order of rr`, () =>
      assertForwarding(lab, { ...kind, forwarding: 'nat', port: 80, serverPort: 8080 }));
    it(`forwards ${titleOf(kind)} in the order of wrr`, () =>
      assertForwarding(lab, {
        ...kind,
        forwarding: 'nat',
        scheduler: 'wrr',
        weights: [3, 1, 2],
        port: 80,
        serverPort: 8080,
      }));
  }
});
