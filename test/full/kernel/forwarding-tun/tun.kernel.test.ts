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

const tunnels = [
  { type: 'ipip' },
  { type: 'gre' },
  { type: 'gue', port: 6080 },
  { type: 'gue', port: 6080, checksum: 'on' },
  { type: 'gue', port: 6080, checksum: 'remote' },
] as const;

const outerVersions = [4, 6] as const;

describe('TUN', () => {
  const setups = (['ipip', 'gre', 'gue'] as const).flatMap((type) =>
    outerVersions.map((outer): TunnelSetup => ({ type, outer, port: 6080 })),
  );
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

  for (const tunnel of tunnels) wrapsEverything(tunnel);

  describe('to servers that want checksums in GRE', () => {
    before(() => {
      for (const server of lab.servers) {
        for (const outer of outerVersions) unwrapTunnel(server, { type: 'gre', outer, checksum: true });
      }
    });

    wrapsEverything({ type: 'gre', checksum: 'on' });
  });

  function wrapsEverything(tunnel: { readonly type: string; readonly checksum?: string }): void {
    const { type, checksum } = tunnel;
    const title = checksum === undefined ? type : `${type}, checksum ${checksum}`;
    for (const nesting of nestings) {
      for (const protocol of ['tcp', 'udp'] as const) {
        const { version, serverVersion } = nesting;
        it(`wraps ${protocol.toUpperCase()} over IPv${version} in IPv${serverVersion} by ${title}`, () =>
          assertForwarding(lab, { ...nesting, protocol, forwarding: 'tun', tunnel, serverPort: 80 }));
      }
    }
  }
});
