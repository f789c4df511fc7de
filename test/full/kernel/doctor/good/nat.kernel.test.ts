import { after, before, describe, it } from 'node:test';
import { withLab } from '../../../../kernel/lab/lab.js';
import { routeThrough } from '../../../../kernel/lab/real-server.js';
import { serve } from '../../../../kernel/lab/servers.js';
import { withPrograms } from '../support/clinic.js';
import { assertWell, services } from '../support/good-network.js';

describe('lvsd doctor in a good network of NAT', () => {
  let restore: () => void;
  before(() => {
    restore = withPrograms();
  });
  after(() => restore());

  it('finds nothing with NAT', () =>
    withLab({ layout: 'two' }, async (lab) => {
      lab.holdVip();
      for (const server of lab.servers) routeThrough(server, lab.director);
      await serve(lab, { port: 80 });
      await assertWell(lab, services(lab, 'nat'));
    }));
});
