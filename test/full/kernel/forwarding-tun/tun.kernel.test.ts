import { after, before, describe, it } from 'node:test';
import { assertForwarding } from '../../../kernel/lab/forwarding-case.js';
import { Lab } from '../../../kernel/lab/lab.js';
import {
  loadTunnelModules,
  takeVipOnLoopback,
  unwrapTunnel,
  type TunnelSetup,
} from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';

/** What can be in what: all of it. */
const nestings = [
  { version: 4, serverVersion: 4 },
  { version: 6, serverVersion: 6 },
  { version: 6, serverVersion: 4 },
  { version: 4, serverVersion: 6 },
] as const;

const kinds = [
  { title: 'ipip', receives: { type: 'ipip' }, tunnels: [{ type: 'ipip' }] },
  {
    title: 'gue',
    receives: { type: 'gue', port: 6080 },
    tunnels: [
      { type: 'gue', port: 6080 },
      { type: 'gue', port: 6080, checksum: 'on' },
      { type: 'gue', port: 6080, checksum: 'remote' },
    ],
  },
  { title: 'gre', receives: { type: 'gre' }, tunnels: [{ type: 'gre' }] },
  {
    title: 'gre with checksums',
    receives: { type: 'gre', checksum: true },
    tunnels: [{ type: 'gre', checksum: 'on' }],
  },
] as const;

for (const { title, receives, tunnels } of kinds) {
  describe(`TUN by ${title}`, () => {
    const setups: TunnelSetup[] = ([4, 6] as const).map((outer) => ({ ...receives, outer }));
    let lab: Lab;
    before(async () => {
      loadTunnelModules(...setups);
      lab = Lab.create({ layout: 'flat' });
      lab.holdVip();
      for (const server of lab.servers) {
        takeVipOnLoopback(lab, server);
        for (const setup of setups) unwrapTunnel(server, setup);
      }
      await serve(lab, { port: 80 });
    });
    after(() => lab.close());

    for (const tunnel of tunnels) {
      const checksum = 'checksum' in tunnel ? `, checksum ${tunnel.checksum}` : '';
      for (const nesting of nestings) {
        for (const protocol of ['tcp', 'udp'] as const) {
          const { version, serverVersion } = nesting;
          it(`wraps ${protocol.toUpperCase()} over IPv${version} in IPv${serverVersion}${checksum}`, () =>
            assertForwarding(lab, { ...nesting, protocol, forwarding: 'tun', tunnel, serverPort: 80 }));
        }
      }
    }
  });
}
