/** The table that every program of the kernel benches makes: services of one address each, ten servers a service, NAT, wlc. */
import type {
  IpvsDestinationConfig,
  IpvsRequest,
  IpvsServiceConfig,
  IpvsServiceKey,
} from '../../native/index.js';

export const serversPerService = 10;

function serviceAddress(index: number): string {
  return `10.1.${index >> 8}.${index & 0xff}`;
}

function serverAddress(server: number, index: number): string {
  return `10.${2 + (index >> 12)}.${server}.${index & 0xff}`;
}

/** `ipvsadm -R` text. */
export function restoreScript(services: number): string {
  const lines: string[] = [];
  for (let index = 0; index < services; index++) {
    const address = `${serviceAddress(index)}:80`;
    lines.push(`-A -t ${address} -s wlc`);
    for (let server = 1; server <= serversPerService; server++) {
      lines.push(`-a -t ${address} -r ${serverAddress(server, index)}:80 -m -w 1`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The same as requests. */
export function requests(services: number): IpvsRequest[] {
  const list: IpvsRequest[] = [];
  for (let index = 0; index < services; index++) {
    const service: IpvsServiceConfig = {
      family: 'ipv4',
      protocol: 6,
      address: serviceAddress(index),
      port: 80,
      scheduler: 'wlc',
      flags: 0,
      timeoutSec: 0,
      netmask: 0xffffffff,
      persistenceEngine: null,
    };
    list.push({ command: 'add-service', service });
    for (let server = 1; server <= serversPerService; server++) {
      const destination: IpvsDestinationConfig = {
        family: 'ipv4',
        address: serverAddress(server, index),
        port: 80,
        forwarding: 'masq',
        weight: 1,
        upperThreshold: 0,
        lowerThreshold: 0,
        tunnel: null,
      };
      list.push({ command: 'add-destination', service, destination });
    }
  }
  return list;
}

/** The service that every program makes last. */
export function lastService(services: number): IpvsServiceKey {
  return { family: 'ipv4', protocol: 6, address: serviceAddress(services - 1), port: 80 };
}

/**
 * The same as keepalived's configuration, without checkers.
 *
 * @param lastWeight of the last server of the last service
 */
export function keepalivedConfig(services: number, lastWeight = 1): string {
  const blocks: string[] = [];
  for (let index = 0; index < services; index++) {
    const servers: string[] = [];
    for (let server = 1; server <= serversPerService; server++) {
      const isLast = index === services - 1 && server === serversPerService;
      servers.push(`  real_server ${serverAddress(server, index)} 80 { weight ${isLast ? lastWeight : 1} }`);
    }
    blocks.push(
      `virtual_server ${serviceAddress(index)} 80 {\n  lvs_sched wlc\n  lvs_method NAT\n  protocol TCP\n${servers.join('\n')}\n}`,
    );
  }
  return `${blocks.join('\n')}\n`;
}

/**
 * The same as lvsd's configuration, without checks.
 *
 * @param folder where the director has its state and its socket
 * @param lastWeight of the last server of the last service
 */
export function lvsdConfig(services: number, folder: string, lastWeight = 1): string {
  const lines = [
    'director:',
    '  dataplane: kernel',
    `  state_dir: ${folder}/state`,
    `  admin: { socket: ${folder}/lvsd.sock }`,
    'services:',
  ];
  for (let index = 0; index < services; index++) {
    lines.push(`  - name: s${index}`, `    address: ${serviceAddress(index)}:80`, '    scheduler: wlc');
    lines.push('    forwarding: nat', '    check: { type: none }', '    servers:');
    for (let server = 1; server <= serversPerService; server++) {
      const address = `${serverAddress(server, index)}:80`;
      const isLast = index === services - 1 && server === serversPerService;
      lines.push(
        isLast ? `      - { name: last, address: ${address}, weight: ${lastWeight} }` : `      - ${address}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
