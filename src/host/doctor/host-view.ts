/** The real host, as checks see it. Everything by synchronous calls, so that it is the calling thread's network namespace. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { IpvsClient } from '../../../native/ipvs/client.js';
import { askEchoes, askWhoHas, askWhoHas6, type ProbeLink } from '../../../native/neighbour/probe.js';
import { moduleState } from '../../../native/proc/modules.js';
import { ARPHRD_ETHER, IFF_NOARP, RT_SCOPE_LINK } from '../../../native/rtnetlink/constants.js';
import type { Link } from '../../../native/rtnetlink/types.js';
import { withHostNetwork, type HostNetwork } from '../network.js';
import { procSysctls } from '../sysctls.js';
import { readFirewall } from './firewall/read.js';
import { readListeners, readProcesses } from './processes.js';
import { runTool } from './tool.js';
import type { HostView, Offloads, Probes, TableView } from './types.js';

/**
 * Gives this host to `use`, which may not keep it.
 *
 * @throws SyscallError, RtnetlinkError, CodecError when the kernel does not tell its interfaces
 */
export function withHost<Result>(wallMs: number, use: (host: HostView) => Result): Result {
  return withHostNetwork((network) => use(realHost(network, wallMs)));
}

function realHost(network: HostNetwork, wallMs: number): HostView {
  const capabilities = readCapabilities();
  const processes = once(readProcesses);
  return {
    network,
    sysctls: procSysctls,
    kernelRelease: release(),
    wallMs,
    capabilities,
    table: once(readTable),
    module: (name) => moduleState(name),
    moduleFile,
    processes,
    listeners: once(() => readListeners(processes())),
    firewall: once(() => readFirewall(runTool)),
    offloads,
    readText,
    runTool,
    probes: capabilities.netRaw ? realProbes(network) : null,
  };
}

function once<T>(read: () => T): () => T {
  let known: { readonly value: T } | null = null;
  return () => (known ??= { value: read() }).value;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

const CAP_NET_ADMIN = 12n;
const CAP_NET_RAW = 13n;

function readCapabilities(): HostView['capabilities'] {
  const [, hex = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readText('/proc/thread-self/status') ?? '') ?? [];
  const has = (capability: bigint): boolean => ((BigInt(`0x${hex}`) >> capability) & 1n) === 1n;
  return { netAdmin: has(CAP_NET_ADMIN), netRaw: has(CAP_NET_RAW) };
}

function readTable(): TableView | null {
  let client: IpvsClient | null = null;
  try {
    client = IpvsClient.open();
    const table = client;
    return {
      info: table.info(),
      timeouts: table.timeouts(),
      daemons: table.daemons(),
      services: table
        .serviceEntries()
        .map((service) => ({ ...service, destinations: table.destinationEntries(service) })),
    };
  } catch {
    return null;
  } finally {
    client?.close();
  }
}

/** Asks the program that the kernel itself loads modules with. */
function moduleFile(name: string): boolean | null {
  const program = readText('/proc/sys/kernel/modprobe')?.trim() ?? '';
  if (program === '') return null;
  const answer = runTool(program, ['-n', '-q', '--', name]);
  return answer === null ? null : answer.exitStatus === 0;
}

function offloads(link: Link): Offloads | null {
  const answer = runTool('ethtool', ['-k', link.name]);
  if (answer?.exitStatus !== 0) return null;
  const features = [...answer.output.matchAll(/^\s*([a-z0-9-]+): (on|off)/gm)];
  return Object.fromEntries(features.map(([, feature = '', state]) => [feature, state === 'on']));
}

/** Answers are kept: several checks ask the same. */
function realProbes({ links, addresses: ownAddresses }: HostNetwork): Probes {
  const own = new Set(links.map(({ hardwareAddress }) => hardwareAddress));
  const known = new Map<string, readonly string[]>();
  /** Whose address neighbours may learn: the link's own, which every link with IPv6 has. */
  const solicitor = (link: Link): string | null =>
    ownAddresses.find(
      ({ index, scope, family }) => index === link.index && family === 'ipv6' && scope === RT_SCOPE_LINK,
    )?.address ?? null;
  return {
    whoHas: (link, addresses) => {
      const keyOf = (address: string): string => `${link.index} ${address}`;
      const probe = probeLink(link);
      const source = solicitor(link);
      const news = addresses.filter((address) => !known.has(keyOf(address)));
      for (const family of byFamily(news, (address) => address)) {
        for (const part of inParts(family)) {
          const answers = quietly(() => {
            if (probe === null) return null;
            if (part[0]?.includes(':') !== true) return askWhoHas(probe, part);
            return source === null ? null : askWhoHas6(probe, source, part);
          });
          for (const [address, hosts] of answers ?? [])
            known.set(
              keyOf(address),
              hosts.filter((host) => !own.has(host)),
            );
        }
      }
      return new Map(
        addresses.flatMap((address) => {
          const hosts = known.get(keyOf(address));
          return hosts === undefined ? [] : [[address, hosts]];
        }),
      );
    },
    echo: (probes) => {
      const answers = probes.map(() => false);
      for (const link of new Set(probes.map((probe) => probe.link))) {
        const probe = probeLink(link);
        if (probe === null) continue;
        const mine = probes.flatMap((one, index) => (one.link === link ? [{ one, index }] : []));
        for (const part of byFamily(mine, ({ one }) => one.destination).flatMap(inParts)) {
          const questions = part.map(({ one }) => one);
          quietly(() => askEchoes(probe, questions))?.forEach((answered, position) => {
            const index = part[position]?.index;
            if (index !== undefined) answers[index] = answered;
          });
        }
      }
      return answers;
    },
  };
}

/** IPv4 and IPv6 have sockets of their own. */
function byFamily<T>(items: readonly T[], addressOf: (item: T) => string): T[][] {
  const isIpv6 = (item: T): boolean => addressOf(item).includes(':');
  return [items.filter((item) => !isIpv6(item)), items.filter(isIpv6)].filter(({ length }) => length > 0);
}

/** More frames at once would overrun the queue of a socket. */
const framesAtOnce = 128;

function inParts<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / framesAtOnce);
  return Array.from({ length: count }, (_, part) =>
    items.slice(part * framesAtOnce, (part + 1) * framesAtOnce),
  );
}

/** Null for an interface that has no neighbours to ask. */
function probeLink({ index, hardwareAddress, hardwareType, flags, up }: Link): ProbeLink | null {
  if (hardwareType !== ARPHRD_ETHER || (flags & IFF_NOARP) !== 0 || !up) return null;
  return hardwareAddress === null ? null : { index, hardwareAddress };
}

/** An interface may go while it is asked. */
function quietly<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch {
    return null;
  }
}
