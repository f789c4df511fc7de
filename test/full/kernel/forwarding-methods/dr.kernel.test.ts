import { after, before, describe, it } from 'node:test';
import { assertForwarding, everyCase, titleOf } from '../../../kernel/lab/forwarding-case.js';
import { Lab } from '../../../kernel/lab/lab.js';
import { takeVipOnLoopback } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';

describe('DR', () => {
  let lab: Lab;
  before(async () => {
    lab = Lab.create({ layout: 'flat', modules: ['sctp'] });
    lab.holdVip();
    for (const server of lab.servers) takeVipOnLoopback(lab, server);
    await serve(lab, { port: 80, protocols: ['tcp', 'udp', 'sctp'] });
  });
  after(() => lab.close());

  for (const kind of everyCase(['tcp', 'udp', 'sctp'])) {
    it(`forwards ${titleOf(kind)} in the order of rr`, () =>
      assertForwarding(lab, { ...kind, forwarding: 'dr', serverPort: 80 }));
  }
});
