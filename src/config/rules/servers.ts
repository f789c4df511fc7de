/** Servers of one service: families, ports, thresholds, tunnels. */
import type { ResolvedServer } from '../resolve-servers.js';
import type { JudgedService, ServiceRule, Verdicts } from './rule.js';

/** Only a tunnel can carry one family in the other. */
const families: ServiceRule = ({ address, config, servers }, verdicts) => {
  if (address === null) return;
  for (const server of servers) {
    const { family } = server.config.address;
    if (family === address.family || server.forwarding === 'tun') continue;
    verdicts.refuse(server.spot, ['address'], {
      rule: 'server-family',
      message: `the server ${server.key} is IPv${family}, the service "${config.name}" is IPv${address.family}`,
      hint: 'families may differ only with forwarding: tun',
    });
  }
};

/** dr and tun leave the packet as it is, and its port with it. */
const keptPorts: ServiceRule = ({ address, config, servers }, verdicts) => {
  if (address === null) return;
  const servicePort = address.kind === 'address' ? address.port : 0;
  for (const server of servers) {
    if (server.forwarding === 'nat' || server.port === servicePort) continue;
    const { forwarding } = server;
    verdicts.refuse(server.spot, ['address'], {
      rule: 'server-port',
      message:
        servicePort === 0
          ? `with forwarding ${forwarding} a server keeps the port that the client addressed; ${server.key} names another`
          : `with forwarding ${forwarding} a server keeps the port ${servicePort} of the service "${config.name}"; ${server.key} has another`,
      hint: `write ${server.config.address.text} without a port, or use forwarding: nat`,
    });
  }
};

/** Port 0 would be a second spelling of "the service's port". */
const zeroPorts: ServiceRule = ({ address, config, servers }, verdicts) => {
  if (address?.kind !== 'address' || address.port === 0) return;
  for (const server of servers) {
    if (server.port !== 0 || server.forwarding !== 'nat') continue;
    verdicts.refuse(server.spot, ['address'], {
      rule: 'server-port-zero',
      message: `the server ${server.key} has port 0, the service "${config.name}" has port ${address.port}`,
      hint: `write ${server.config.address.text} without a port to keep the service's`,
    });
  }
};

/** Without brackets the whole is an address, whatever was meant. */
const bareAddresses: ServiceRule = ({ servers }, verdicts) => {
  for (const { spot, config } of servers) {
    const { text, perhaps } = config.address;
    if (perhaps === null) continue;
    verdicts.warn(spot, ['address'], {
      rule: 'address-without-brackets',
      message: `${text} is taken as an address without a port`,
      hint: `write "${perhaps}" if its end is the port, "[${text}]" if it is not`,
    });
  }
};

const thresholds: ServiceRule = ({ servers }, verdicts) => {
  for (const { spot, config } of servers) {
    if (config.lower_threshold <= config.upper_threshold) continue;
    verdicts.refuse(spot, ['lower_threshold'], {
      rule: 'thresholds',
      message:
        config.upper_threshold === 0
          ? `lower_threshold ${config.lower_threshold} needs an upper_threshold`
          : `lower_threshold ${config.lower_threshold} is above upper_threshold ${config.upper_threshold}`,
    });
  }
};

const tunnels: ServiceRule = (service, verdicts) => {
  serviceTunnel(service, verdicts);
  for (const server of service.servers) serverTunnel(server, verdicts);
};

function serviceTunnel({ spot, config, servers, complete }: JudgedService, verdicts: Verdicts): void {
  const { tunnel } = config;
  if (tunnel === undefined) return;
  const used =
    config.forwarding === 'tun' || !complete || servers.some((server) => server.forwarding === 'tun');
  if (!used) {
    verdicts.refuseKey(spot, ['tunnel'], unusedTunnel(config.forwarding));
  }
  tunnelKeys(tunnel, (key, finding) => verdicts.refuse(spot, ['tunnel', ...key], finding));
}

function serverTunnel({ spot, config, forwarding }: ResolvedServer, verdicts: Verdicts): void {
  if (config.tunnel === undefined) return;
  if (forwarding !== 'tun') verdicts.refuseKey(spot, ['tunnel'], unusedTunnel(forwarding));
  tunnelKeys(config.tunnel, (key, finding) => verdicts.refuse(spot, ['tunnel', ...key], finding));
}

function unusedTunnel(forwarding: string): { rule: string; message: string; hint: string } {
  return {
    rule: 'tunnel-unused',
    message: `tunnel goes with forwarding tun, here it is ${forwarding}`,
    hint: 'remove tunnel, or write forwarding: tun',
  };
}

function tunnelKeys(
  tunnel: NonNullable<JudgedService['config']['tunnel']>,
  refuse: (key: readonly string[], finding: { rule: string; message: string; hint: string }) => void,
): void {
  const { type, port, checksum } = tunnel;
  if (type === 'gue' && port === undefined) {
    const message = 'a gue tunnel needs the UDP port of the other end';
    refuse([], { rule: 'tunnel-port', message, hint: 'write port: 6080 (whatever the servers use)' });
  }
  if (type !== 'gue' && port !== undefined) {
    refuse(['port'], {
      rule: 'tunnel-port',
      message: `a tunnel of type ${type} has no port`,
      hint: 'remove port',
    });
  }
  const fits = checksum === 'none' || type === 'gue' || (type === 'gre' && checksum === 'on');
  if (!fits) {
    const message = `a tunnel of type ${type} cannot have checksum ${checksum}`;
    refuse(['checksum'], {
      rule: 'tunnel-checksum',
      message,
      hint: 'ipip: none; gre: none or on; gue: none, on or remote',
    });
  }
}

export const SERVER_RULES: readonly ServiceRule[] = [
  families,
  keptPorts,
  zeroPorts,
  bareAddresses,
  thresholds,
  tunnels,
];
