/** What a check sees of the host, and what it says. The host is handed in, so that every check runs on one that is made up. */
import type { EchoTunnel } from '../../../native/neighbour/echo.js';
import type {
  IpvsDaemon,
  IpvsDestinationEntry,
  IpvsInfo,
  IpvsServiceEntry,
  IpvsTimeouts,
} from '../../../native/ipvs/types.js';
import type { ModuleState } from '../../../native/proc/modules.js';
import type { Link } from '../../../native/rtnetlink/types.js';
import type { Model } from '../../model/director.js';
import type { HostNetwork } from '../network.js';
import type { SysctlFiles } from '../sysctls.js';
import type { Firewall } from './firewall/rules.js';

/** `fault`: traffic fails now. `warning`: it fails in a case that is to be expected. `info`: worth knowing. */
export type Level = 'fault' | 'warning' | 'info';

/** Where a cure is to be run. */
export type Place = 'here' | { readonly server: string };

/** Commands for a shell, run one after the other as root. */
export interface Cure {
  readonly on: Place;
  readonly commands: readonly string[];
}

/** One thing that is wrong, or may be. */
export interface Finding {
  /** Name of the check. */
  readonly check: string;
  readonly level: Level;
  /** `service shop`, `server 10.0.0.1`, `interface eth0`; empty for the host itself. */
  readonly subject: string;
  /** One sentence: what is found. */
  readonly what: string;
  /** Why it hurts. */
  readonly why: string;
  /** What to do, in words; empty where the commands say it all. */
  readonly advice: string;
  readonly cures: readonly Cure[];
}

/** One family of findings. */
export interface DoctorCheck {
  readonly name: string;
  /** What it looks at, for the list of checks that found nothing. */
  readonly about: string;
  /** Looks at services of a configuration; without one it is not run. */
  readonly ofServices: boolean;
  /** Never throws for a state that a host may be in; what it cannot learn it leaves out. */
  run(host: HostView, model: Model | null): readonly Finding[];
}

/** What a program printed. */
export interface ToolAnswer {
  readonly exitStatus: number | null;
  readonly output: string;
}

export interface HostProcess {
  readonly pid: number;
  /** Of the program's file: `keepalived`. */
  readonly name: string;
  readonly words: readonly string[];
}

export interface Listener {
  readonly protocol: 'tcp' | 'udp';
  /** Canonical; `0.0.0.0` and `::` stand for every address. */
  readonly address: string;
  readonly port: number;
  /** Null where its process is another user's. */
  readonly process: HostProcess | null;
}

/** A packet to a host on a link, and whether it answers. IPv4. */
export interface EchoProbe {
  readonly link: Link;
  readonly hardwareDestination: string;
  readonly source: string;
  readonly destination: string;
  readonly tunnel: EchoTunnel | null;
  /** Opens a TCP connection to this port instead of asking for an echo. */
  readonly tcpPort?: number;
}

/** Questions that need CAP_NET_RAW. */
export interface Probes {
  /** Hardware addresses of who answers for each IPv4 address, this host left out; an empty list where nobody does. */
  whoHas(link: Link, addresses: readonly string[]): ReadonlyMap<string, readonly string[]>;
  /** Whether each is answered, by the link that it left by. */
  echo(probes: readonly EchoProbe[]): readonly boolean[];
}

/** The kernel's table as it is. */
export interface TableView {
  readonly info: IpvsInfo;
  readonly timeouts: IpvsTimeouts;
  readonly daemons: readonly IpvsDaemon[];
  readonly services: readonly (IpvsServiceEntry & {
    readonly destinations: readonly IpvsDestinationEntry[];
  })[];
}

/** `large-receive-offload` and the like, on or off. */
export type Offloads = Readonly<Record<string, boolean>>;

/** This host. What is read once stays as it was read. */
export interface HostView {
  readonly network: HostNetwork;
  readonly sysctls: SysctlFiles;
  /** `6.1.0-13-amd64`. */
  readonly kernelRelease: string;
  readonly wallMs: number;
  /** Of the process that asks. */
  readonly capabilities: { readonly netAdmin: boolean; readonly netRaw: boolean };
  /** Null where the kernel has no IPVS, or does not let us ask. */
  table(): TableView | null;
  module(name: string): ModuleState;
  /** Whether modprobe would find a module; null where there is no modprobe. */
  moduleFile(name: string): boolean | null;
  /** Of this network namespace. */
  processes(): readonly HostProcess[];
  listeners(): readonly Listener[];
  firewall(): Firewall;
  offloads(link: Link): Offloads | null;
  /** A small file, or null where it is not there or not ours to read. */
  readText(path: string): string | null;
  /** Runs a program without a shell; null where there is none. */
  runTool(program: string, words: readonly string[]): ToolAnswer | null;
  /** Null without the right to. */
  readonly probes: Probes | null;
}
