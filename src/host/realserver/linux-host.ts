/** The running host: what the kernel says of the calling thread's network namespace, and the steps done to it. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hasFouPorts, openFouPorts, type FouPorts } from '../../../native/fou/ports.js';
import type { NetlinkConnection } from '../../../native/netlink/connection.js';
import { runCommand, type CommandRunner } from '../../../native/proc/command.js';
import { loadModule, unloadModule } from '../../../native/proc/modules.js';
import { addAddress, deleteAddress, listAddresses } from '../../../native/rtnetlink/addresses.js';
import { IFF_LOOPBACK, IFF_NOARP, RT_SCOPE_HOST } from '../../../native/rtnetlink/constants.js';
import {
  createLink,
  deleteLink,
  linkByName,
  listLinks,
  setLinkState,
} from '../../../native/rtnetlink/links.js';
import { openRtnetlink } from '../../../native/rtnetlink/request.js';
import {
  addRoute,
  deleteRoute,
  deleteSavedRoute,
  prependRoute,
  restoreRoute,
  saveRoutes,
} from '../../../native/rtnetlink/routes.js';
import type { AddressKey, Link, RouteConfig, SavedRoute } from '../../../native/rtnetlink/types.js';
import { procSysctls } from '../sysctls.js';
import { routeText } from './describe.js';
import { moduleUse } from './module-use.js';
import type {
  DefaultRoute,
  HostAddress,
  HostIdentity,
  HostLink,
  Observed,
  Question,
  RealServerHost,
  ReceivingPort,
  Step,
  UndoStep,
} from './types.js';

export class LinuxHost implements RealServerHost {
  observe({ sysctls, ports }: Question): Observed {
    return withConnection((connection) => {
      const links = listLinks(connection);
      const names = new Map(links.map(({ index, name }) => [index, name]));
      const encapsulation = ports && hasFouPorts();
      return {
        links: links.map(hostLink),
        addresses: hostAddresses(connection, names),
        routes: defaultRoutes(connection, names),
        ports: encapsulation ? withPorts(hostPorts) : [],
        encapsulation,
        sysctls: readSysctls(sysctls),
      };
    });
  }

  apply(step: Step | UndoStep): void {
    switch (step.kind) {
      case 'load-module': {
        load(step.module);
        return;
      }
      case 'unload-module': {
        unloadModule(step.module, asTheKernelDoes);
        return;
      }
      case 'write-sysctl': {
        procSysctls.write(step.path, step.value);
        return;
      }
      case 'add-port': {
        withPorts((ports) => ports.add({ family: step.family, port: step.port, protocol: null }));
        return;
      }
      case 'delete-port': {
        withPorts((ports) => ports.delete(step));
        return;
      }
      default:
        withConnection((connection) => applyToNetwork(connection, step));
    }
  }

  moduleUse(module: string, link: string | null): string | null {
    return moduleUse(module, link);
  }

  identity(): HostIdentity {
    return {
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
      namespace: readlinkSync('/proc/thread-self/ns/net'),
    };
  }
}

type NetworkStep = Exclude<
  Step | UndoStep,
  { kind: 'load-module' | 'unload-module' | 'write-sysctl' | 'add-port' | 'delete-port' }
>;

function applyToNetwork(connection: NetlinkConnection, step: NetworkStep): void {
  switch (step.kind) {
    case 'create-link': {
      createLink(connection, { kind: 'dummy', name: step.link });
      return;
    }
    case 'delete-link': {
      deleteLink(connection, indexOf(connection, step.link));
      return;
    }
    case 'raise-link': {
      setLinkState(connection, indexOf(connection, step.link), 'up');
      return;
    }
    case 'lower-link': {
      lower(connection, indexOf(connection, step.link), step.bare);
      return;
    }
    case 'add-address': {
      addAddress(connection, {
        ...addressKey(connection, step),
        // neither is ever chosen as source of this host's own connections
        ...(step.address.family === 'ipv4' ? { scope: RT_SCOPE_HOST } : { noDad: true, preferredSec: 0 }),
      });
      return;
    }
    case 'delete-address': {
      deleteAddress(connection, addressKey(connection, step));
      return;
    }
    case 'add-route':
      if (step.family === 'ipv4') {
        prependRoute(connection, routeConfig(connection, step));
        return;
      }
      {
        addRoute(connection, routeConfig(connection, step));
        return;
      }
    case 'delete-route': {
      deleteRoute(connection, routeConfig(connection, step));
      return;
    }
    case 'remove-route': {
      deleteSavedRoute(connection, savedRoute(connection, step));
      return;
    }
    case 'restore-route': {
      restoreRoute(connection, savedRoute(connection, step));
      return;
    }
  }
}

function lower(connection: NetlinkConnection, index: number, bare: boolean): void {
  setLinkState(connection, index, 'down');
  if (!bare) return;
  for (const address of listAddresses(connection, { index })) deleteAddress(connection, address);
}

function withConnection<Result>(use: (connection: NetlinkConnection) => Result): Result {
  const connection = openRtnetlink();
  try {
    return use(connection);
  } finally {
    connection.close();
  }
}

function withPorts<Result>(use: (ports: FouPorts) => Result): Result {
  const ports = openFouPorts();
  if (ports === null) throw new Error('this kernel has no family fou (CONFIG_NET_FOU)');
  try {
    return use(ports);
  } finally {
    ports.close();
  }
}

function load(module: string): void {
  // its family is what the kernel itself loads it for, also where there is no modprobe to be called
  if (module === 'fou') {
    const ports = openFouPorts();
    ports?.close();
    if (ports !== null) return;
  }
  loadModule(module, asTheKernelDoes);
}

/** modprobe by the path that the kernel has for it: not on every host do modules lie where modprobe would look. */
const asTheKernelDoes: CommandRunner = (program, args) => {
  const helper = procSysctls.read('kernel/modprobe') ?? '';
  return runCommand(helper.startsWith('/') ? helper : program, args);
};

function indexOf(connection: NetlinkConnection, name: string): number {
  const link = linkByName(connection, name);
  if (link === null) throw new Error(`there is no interface ${name}`);
  return link.index;
}

function hostLink({ name, up, kind, flags }: Link): HostLink {
  return { name, up, kind, silent: (flags & (IFF_LOOPBACK | IFF_NOARP)) !== 0 };
}

type Names = ReadonlyMap<number, string>;

function hostAddresses(connection: NetlinkConnection, names: Names): HostAddress[] {
  return listAddresses(connection).map(({ family, address, index, prefixLength }) => ({
    family,
    text: address,
    device: names.get(index) ?? `interface ${index}`,
    prefixLength,
  }));
}

function hostPorts(ports: FouPorts): ReceivingPort[] {
  return ports.list().map(({ family, port, protocol }) => ({ family, port, gue: protocol === null }));
}

/** With the loopback's of IPv6, which leads nowhere, left out. */
function defaultRoutes(connection: NetlinkConnection, names: Names): DefaultRoute[] {
  return saveRoutes(connection)
    .filter(({ route }) => route.prefixLength === 0)
    .map((saved) => hostRoute(saved, names));
}

function hostRoute({ route, bytes }: SavedRoute, names: Names): DefaultRoute {
  const { family, metric, nextHops } = route;
  const [hop] = nextHops.length === 1 ? nextHops : [];
  const gateway = hop?.gateway ?? null;
  const device = hop?.index === undefined || hop.index === null ? null : (names.get(hop.index) ?? null);
  return {
    family,
    metric,
    gateway,
    device,
    text:
      gateway === null ? plainText(device, metric, nextHops.length) : routeText({ gateway, device, metric }),
    saved: Buffer.from(bytes).toString('base64'),
  };
}

function plainText(device: string | null, metric: number, hops: number): string {
  const where = hops > 1 ? ` by ${hops} next hops` : device === null ? '' : ` dev ${device}`;
  return `default${where}${metric === 0 ? '' : ` metric ${metric}`}`;
}

function savedRoute(connection: NetlinkConnection, { saved }: { readonly saved: string }): SavedRoute {
  const bytes = Uint8Array.from(Buffer.from(saved, 'base64'));
  const there = saveRoutes(connection).find((route) => Buffer.from(route.bytes).equals(bytes));
  return there ?? { route: unknownRoute, bytes };
}

/** For messages alone: the bytes say all. */
const unknownRoute: SavedRoute['route'] = {
  family: 'ipv4',
  destination: '0.0.0.0',
  prefixLength: 0,
  nextHops: [],
  preferredSource: null,
  metric: 0,
  table: 254,
  protocol: 0,
  scope: 0,
  type: 1,
};

function addressKey(
  connection: NetlinkConnection,
  { address, device }: Extract<Step, { kind: 'add-address' }> | Extract<UndoStep, { kind: 'delete-address' }>,
): AddressKey {
  return {
    index: indexOf(connection, device),
    address: address.text,
    prefixLength: address.family === 'ipv4' ? 32 : 128,
  };
}

function routeConfig(
  connection: NetlinkConnection,
  { family, gateway, device, metric }: Omit<Extract<Step, { kind: 'add-route' }>, 'kind'>,
): RouteConfig {
  return {
    destination: family === 'ipv4' ? '0.0.0.0' : '::',
    prefixLength: 0,
    gateway,
    metric,
    ...(device === null ? {} : { index: indexOf(connection, device) }),
  };
}

/** Gives the settings that are there, each part `*` of a path for every folder. */
function readSysctls(patterns: readonly string[]): Map<string, string> {
  const paths = patterns.flatMap(expand);
  const values = paths.map((path) => [path, procSysctls.read(path)] as const);
  return new Map(values.filter((entry): entry is [string, string] => entry[1] !== null));
}

function expand(pattern: string): string[] {
  const [folder, rest] = pattern.split('/*/');
  if (folder === undefined || rest === undefined) return [pattern];
  return procSysctls.list(folder).map((name) => `${folder}/${name}/${rest}`);
}
