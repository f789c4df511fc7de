import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { names } from '../../../kernel/lab/clients.js';
import { program } from '../../../kernel/lab/director.js';
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

  for (const version of outerVersions) {
    it(`reaches the servers of one service by three kinds of tunnel: IPv${version}`, async () => {
      const kinds = [{ type: 'ipip' }, { type: 'gue', port: 6080 }, { type: 'gre' }];
      const servers = lab.servers.map(({ name, address }, index) => ({
        name,
        address: address[index === 1 ? 4 : 6],
        port: 80,
        tunnel: kinds[index]!,
      }));
      for (const protocol of ['tcp', 'udp'] as const) {
        const target = { protocol, address: lab.vip[version], port: 80 };
        await program(lab, [{ name: 'mixed', ...target, scheduler: 'rr', forwarding: 'tun', servers }]);
        assert.deepEqual(await names(lab.client, target, 3), ['rs3', 'rs2', 'rs1']);
      }
    });
  }

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
