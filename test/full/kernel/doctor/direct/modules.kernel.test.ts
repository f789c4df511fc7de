import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Target } from '../../../../kernel/lab/answers.js';
import { names } from '../../../../kernel/lab/clients.js';
import { program, type ServiceEntry } from '../../../../kernel/lab/director.js';
import { withLab, type Lab, type LabHost } from '../../../../kernel/lab/lab.js';
import { routeThrough } from '../../../../kernel/lab/real-server.js';
import { serve } from '../../../../kernel/lab/servers.js';
import { assertCured, withPrograms } from '../support/clinic.js';
import { services } from '../support/good-network.js';

const loader = '/proc/sys/kernel/modprobe';

describe('a kernel', () => {
  let restore: () => void;
  let modprobe: string;
  before(() => {
    restore = withPrograms();
    modprobe = readFileSync(loader, 'utf8');
  });
  after(() => {
    writeFileSync(loader, modprobe);
    restore();
  });

  it('that does not find the module of a scheduler', () =>
    withLab({ layout: 'two' }, async (lab) => {
      lab.holdVip();
      for (const server of lab.servers) routeThrough(server, lab.director);
      await serve(lab, { port: 80, protocols: ['tcp'] });
      const [v4] = services(lab, 'nat', { scheduler: 'mh' });
      const target: Target = { protocol: 'tcp', address: lab.vip[4], port: 80 };
      const trial = async (): Promise<string[]> => {
        try {
          await program(lab, [v4!]);
        } catch {
          return ['refused'];
        }
        return names(lab.client, target, 1, { timeoutMs: 1_500 });
      };
      await program(lab, [v4!]);
      await assertCured(lab, {
        services: [v4!],
        target,
        good: await names(lab.client, target, 1),
        check: 'modules',
        level: 'fault',
        subject: 'ip_vs_mh',
        trial,
        harm: async () => {
          await program(lab, []);
          writeFileSync(loader, '/bin/false\n');
          execFileSync('rmmod', ['ip_vs_mh'], { stdio: 'pipe' });
        },
      });
    }));

  it('that does not follow FTP', () =>
    withLab({ layout: 'two', servers: 1 }, async (lab) => {
      lab.holdVip();
      for (const server of lab.servers) routeThrough(server, lab.director);
      await serve(lab, { port: 20_021, protocols: ['tcp'] });
      await serveFtp(lab, lab.servers[0]!, 20_021);
      const service: ServiceEntry = {
        name: 'ftp',
        address: lab.vip[4],
        port: 21,
        scheduler: 'rr',
        forwarding: 'nat',
        servers: [{ name: 'rs1', address: lab.servers[0]!.address[4], port: 21 }],
      };
      await assertCured(lab, {
        services: [service],
        target: { protocol: 'tcp', address: lab.vip[4], port: 21 },
        good: ['rs1'],
        check: 'modules',
        level: 'fault',
        subject: 'ip_vs_ftp',
        bornIll: true,
        trial: () => askPassively(lab),
        harm: () => {
          try {
            execFileSync('rmmod', ['ip_vs_ftp'], { stdio: 'pipe' });
          } catch {
            // it was not loaded
          }
        },
      });
    }));
});

/** As much of an FTP server as it takes to be asked for a passive connection; the data come from another port. */
async function serveFtp(lab: Lab, host: LabHost, dataPort: number): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('220 ready\r\n');
    const place = [...host.address[4].split('.'), dataPort >> 8, dataPort & 0xff].join(',');
    socket.on('data', () => socket.write(`227 Entering Passive Mode (${place}).\r\n`));
  });
  await host.namespace.during(async () => {
    server.listen(21);
    await once(server, 'listening');
  });
  lab.beforeClose(() => server.close());
}

/** Asks for a passive connection and takes it: gives who answers there. */
async function askPassively(lab: Lab): Promise<string[]> {
  const control = await lab.client.namespace.during(async () => {
    const socket = connect({ host: lab.vip[4], port: 21 });
    socket.on('error', () => undefined);
    await new Promise((resolve) => void setImmediate(resolve));
    return socket;
  });
  try {
    const signal = AbortSignal.timeout(3_000);
    let text = '';
    control.on('data', (chunk: Buffer) => (text += chunk.toString()));
    while (!text.includes('220')) await once(control, 'data', { signal });
    control.write('PASV\r\n');
    while (!text.includes(')')) await once(control, 'data', { signal });
    const numbers = /\(([\d,]+)\)/.exec(text)?.[1]?.split(',').map(Number) ?? [];
    const [high = 0, low = 0] = numbers.slice(4);
    const target: Target = {
      protocol: 'tcp',
      address: numbers.slice(0, 4).join('.'),
      port: high * 256 + low,
    };
    return await names(lab.client, target, 1, { timeoutMs: 1_500 });
  } catch (error) {
    return [String(error)];
  } finally {
    control.destroy();
  }
}
