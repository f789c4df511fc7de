import { after, before, describe, it } from 'node:test';
import { withLab } from '../../../../kernel/lab/lab.js';
import { loadTunnelModules, takeVipOnLoopback, unwrapTunnel } from '../../../../kernel/lab/real-server.js';
import { serve } from '../../../../kernel/lab/servers.js';
import { withPrograms } from '../support/clinic.js';
import { assertWell, services } from '../support/good-network.js';

describe('lvsd doctor in good networks of TUN', () => {
  let restore: () => void;
  before(() => {
    restore = withPrograms();
  });
  after(() => restore());

  for (const type of ['ipip', 'gue', 'gre'] as const) {
    it(`finds nothing with TUN by ${type}`, () => {
      loadTunnelModules({ type, outer: 4 });
      return withLab({ layout: 'flat' }, async (lab) => {
        lab.holdVip();
        for (const server of lab.servers) {
          takeVipOnLoopback(lab, server);
          unwrapTunnel(server, { type, outer: 4 });
        }
        await serve(lab, { port: 80, protocols: ['tcp'] });
        const [v4] = services(lab, 'tun', { tunnel: { type, ...(type === 'gue' ? { port: 6080 } : {}) } });
        await assertWell(lab, [v4!]);
      });
    });
  }
});
