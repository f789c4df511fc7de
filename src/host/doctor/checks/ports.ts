/** Programs of this host that listen where services are. */
import { isWildcard } from '../../../base/ip.js';
import type { Model } from '../../../model/director.js';
import type { VirtualService } from '../../../model/virtual-service.js';
import { isLocal } from '../../network.js';
import { finding, here } from '../finding.js';
import type { Cure, DoctorCheck, Finding, HostView, HostProcess, Listener } from '../types.js';

const name = 'ports';

export const ports: DoctorCheck = {
  name,
  about: 'programs of this host that listen on addresses of services',
  ofServices: true,
  run: (host, model) =>
    model === null ? [] : model.services.flatMap((service) => clash(host, model, service)),
};

function clash(host: HostView, model: Model, service: VirtualService): Finding[] {
  const { address } = service;
  if (address.kind !== 'address' || address.protocol === 'sctp') return [];
  const on = host
    .listeners()
    .filter(({ protocol, port }) => protocol === address.protocol && port === address.port)
    .filter((listener) => hears(listener, address.address) && !isOwn(listener.process));
  // the same program, once for each version and socket
  const [first] = on.sort(
    (one, other) => Number(isWildcard(one.address)) - Number(isWildcard(other.address)),
  );
  if (first === undefined) return [];
  const userspace = service.plane === 'proxy' || model.director.dataplane === 'proxy';
  if (userspace) return [taken(service, first)];
  const servedHere = service.servers.some(
    (server) => server.forwarding === 'local' || isLocal(host.network, server.address),
  );
  return servedHere || isWildcard(first.address) ? [] : [starved(service, first)];
}

function hears(listener: Listener, address: string): boolean {
  if (listener.address === address || listener.address === '::') return true;
  return listener.address === '0.0.0.0' && !address.includes(':');
}

function isOwn(process: HostProcess | null): boolean {
  return process?.words.some((word) => /(^|\/)lvsd$|cli\/main\.[jt]s$/.test(word)) ?? false;
}

function taken({ name: service }: VirtualService, listener: Listener): Finding {
  // whose it is, is told to root alone: it may be lvsd itself
  return finding(name, listener.process === null ? 'info' : 'fault', {
    subject: `service ${service}`,
    what: `${programOf(listener)} listens on ${listener.address} port ${listener.port}, where lvsd serves ${service} in userspace.`,
    why: 'Only one of them can: lvsd is refused, and clients get the answers of the other.',
    cures: endOf(listener),
  });
}

function starved({ name: service }: VirtualService, listener: Listener): Finding {
  return finding(name, 'warning', {
    subject: `service ${service}`,
    what: `${programOf(listener)} listens on ${listener.address} port ${listener.port}, the very address of ${service}.`,
    why: 'IPVS takes the packets before it: the program gets nothing as long as the service is there.',
    advice: 'Stop it, let it listen on another address, or name this host as a server of the service.',
    cures: endOf(listener),
  });
}

function programOf({ process }: Listener): string {
  return process === null ? 'A program' : `${process.name} (process ${process.pid})`;
}

function endOf({ process }: Listener): Cure[] {
  return process === null ? [] : here(`kill ${process.pid}`);
}
