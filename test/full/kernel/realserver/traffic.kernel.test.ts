/** Real servers that setup made, with packets of a director: they serve, and without setup they do not. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { LinuxHost } from '../../../../src/host/realserver/linux-host.js';
import { RecordFile } from '../../../../src/host/realserver/record-file.js';
import { parseRequest, type RealServerOptions } from '../../../../src/host/realserver/request.js';
import { check, setUp } from '../../../../src/host/realserver/setup.js';
import { undo } from '../../../../src/host/realserver/undo.js';
import { names } from '../../../kernel/lab/clients.js';
import { program, type ServiceEntry } from '../../../kernel/lab/director.js';
import { withLab, type IpVersion, type Lab, type LabHost } from '../../../kernel/lab/lab.js';
import { loadTunnelModules } from '../../../kernel/lab/real-server.js';
import { serve } from '../../../kernel/lab/servers.js';

const everybody = ['rs3', 'rs2', 'rs1'];
const versions = [4, 6] as const;
const protocols = ['tcp', 'udp'] as const;
/** Long for an answer that comes, short for one that does not. */
const patience = { timeoutMs: 1000 };

/** One service for each protocol and version, forwarded to servers of `outer`, else of its own. */
function services(
  lab: Lab,
  forwarding: 'nat' | 'dr' | 'tun',
  outer: IpVersion | null,
  more: object,
): ServiceEntry[] {
  return protocols.flatMap((protocol) =>
    versions.map((version) => ({
      name: `${protocol}${version}`,
      protocol,
      address: lab.vip[version],
      port: 80,
      scheduler: 'rr',
      forwarding,
      ...more,
      servers: lab.servers.map((host) => ({
        name: host.name,
        address: host.address[outer ?? version],
        port: 80,
      })),
    })),
  );
}

async function answers(lab: Lab, protocol: 'tcp' | 'udp'): Promise<string[][]> {
  const found: string[][] = [];
  for (const version of versions) {
    found.push(await names(lab.client, { protocol, address: lab.vip[version], port: 80 }, 3, patience));
  }
  return found;
}

/** Shows that nothing is served before, that everything is after setup, and nothing again after undo. */
async function serves(
  lab: Lab,
  all: readonly ServiceEntry[],
  options: (server: LabHost) => RealServerOptions,
): Promise<void> {
  const host = new LinuxHost();
  const folder = mkdtempSync(join(tmpdir(), 'lvsd-realserver-'));
  const storeOf = ({ name }: LabHost): RecordFile => new RecordFile(join(folder, `${name}.json`));
  const unmet = (server: LabHost): number =>
    server.namespace.within(() => check(host, parseRequest(options(server))).filter(({ ok }) => !ok).length);
  await program(lab, all);
  assert.ok(lab.servers.every((server) => unmet(server) > 0));
  const silence = await names(lab.client, { protocol: 'tcp', address: lab.vip[4], port: 80 }, 1, patience);
  assert.doesNotMatch(silence.join(), /rs/);
  for (const server of lab.servers) {
    server.namespace.within(() => setUp(host, storeOf(server), parseRequest(options(server))));
  }
  await serve(lab, { port: 80 });
  assert.ok(lab.servers.every((server) => unmet(server) === 0));
  await program(lab, all);
  assert.deepEqual(await answers(lab, 'tcp'), [everybody, everybody]);
  assert.deepEqual(await answers(lab, 'udp'), [everybody, everybody]);
  for (const server of lab.servers) server.namespace.within(() => undo(host, storeOf(server)));
  rmSync(folder, { recursive: true });
  assert.ok(lab.servers.every((server) => unmet(server) > 0));
}

describe('real servers made by setup', () => {
  it('serve by DR', () =>
    withLab({ layout: 'flat' }, async (lab) => {
      lab.holdVip();
      const options = { forwarding: 'dr', vip: [lab.vip[4], lab.vip[6]] };
      await serves(lab, services(lab, 'dr', null, {}), () => options);
    }));

  const tunnels = [
    { type: 'ipip', outer: null },
    { type: 'ipip', outer: 4 },
    { type: 'gue', outer: null },
    { type: 'gue', outer: 4 },
    { type: 'gre', outer: null },
    { type: 'gre', outer: 4 },
    { type: 'gre', outer: 6 },
  ] as const;
  for (const { type, outer } of tunnels) {
    it(`serve by ${type}${outer === null ? '' : ` over IPv${outer} alone`}, with strict filters everywhere`, () => {
      loadTunnelModules({ type, outer: 4 }, { type, outer: 6 });
      return withLab({ layout: 'flat' }, async (lab) => {
        lab.holdVip();
        for (const { namespace } of lab.servers) namespace.setSysctl('ipv4/conf/all/rp_filter', 1);
        const options: RealServerOptions = {
          forwarding: 'tun',
          vip: [lab.vip[4], lab.vip[6]],
          tunnel: type,
          ...(outer === null ? {} : { over: `ipv${outer}` }),
        };
        const tunnel = { type, ...(type === 'gue' ? { port: 6080 } : {}) };
        await serves(lab, services(lab, 'tun', outer, { tunnel }), () => options);
      });
    });
  }

  it('serve by NAT', () =>
    withLab({ layout: 'two' }, async (lab) => {
      lab.holdVip();
      const gateway = [lab.director.inner[4], lab.director.inner[6]];
      await serves(lab, services(lab, 'nat', null, {}), () => ({ forwarding: 'nat', gateway }));
    }));
});
