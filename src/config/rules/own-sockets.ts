/** Sockets of the userspace plane that would meet lvsd's own: a service that serves itself, the admin listener's place. */
import { formatEndpoint, isWildcard } from '../../base/ip.js';
import type { Protocol, ServiceAddress } from '../../model/virtual-service.js';
import type { Path } from '../path.js';
import type { ServiceRule } from './rule.js';

/** A range of ports that a service listens on. */
interface Listener {
  readonly at: Path;
  readonly protocol: Protocol;
  readonly address: string;
  readonly first: number;
  readonly last: number;
}

function listenersOf(address: ServiceAddress | null): readonly Listener[] {
  switch (address?.kind) {
    case 'address': {
      const { protocol, address: text, port } = address;
      return [{ at: ['address'], protocol, address: text, first: port, last: port }];
    }
    case 'match':
      return address.rules.map(({ protocol, address: text, firstPort, lastPort }, index) => ({
        at: ['match', index],
        protocol,
        address: text,
        first: firstPort,
        last: lastPort,
      }));
    default:
      return [];
  }
}

/** Which addresses this host has, the file does not say; loopback ones it has. */
function hears({ address }: Listener, other: string): boolean {
  if (address === other) return true;
  const isLocal = other.startsWith('127.') || other === '::1';
  return isLocal && isWildcard(address) && address.includes(':') === other.includes(':');
}

/** A server without a port of its own is asked on the port that the client addressed. */
const selfServer: ServiceRule = ({ config, address, servers, planes }, verdicts) => {
  if (!planes.proxy) return;
  const listeners = listenersOf(address);
  for (const { spot, key, port, config: server } of servers) {
    if (!reaches(listeners, server.address.text, port)) continue;
    verdicts.refuse(spot, [], {
      rule: 'proxy-loop',
      message: `the server ${key} is the service "${config.name}" itself: it would connect to itself`,
      hint: 'write the address and port of the real server',
    });
  }
};

const selfSorry: ServiceRule = ({ spot, config, address, planes }, verdicts) => {
  const sorry = config.sorry_server;
  if (!planes.proxy || sorry === undefined) return;
  const port = sorry.port ?? config.address?.port ?? 0;
  if (!reaches(listenersOf(address), sorry.text, port)) return;
  verdicts.refuse(spot, ['sorry_server'], {
    rule: 'proxy-loop',
    message: `the sorry server is the service "${config.name}" itself: it would connect to itself`,
    hint: 'write the address and port of another server',
  });
};

function reaches(listeners: readonly Listener[], address: string, port: number): boolean {
  return listeners.some(
    (listener) =>
      hears(listener, address) && (port === 0 || (listener.first <= port && port <= listener.last)),
  );
}

const adminListener: ServiceRule = ({ spot, address, planes }, verdicts, director) => {
  const listen = director?.admin.listen ?? 'none';
  if (!planes.proxy || listen === 'none') return;
  const taken = listenersOf(address).find(
    (listener) =>
      listener.protocol === 'tcp' &&
      hears(listener, listen.address) &&
      listener.first <= listen.port &&
      listen.port <= listener.last,
  );
  if (taken === undefined) return;
  verdicts.refuse(spot, taken.at, {
    rule: 'proxy-admin-port',
    message: `lvsd itself listens on ${formatEndpoint(listen.address, listen.port)}, for status and metrics`,
    hint: 'use another port, or move director.admin.listen',
  });
};

export const OWN_SOCKET_RULES: readonly ServiceRule[] = [selfServer, selfSorry, adminListener];
