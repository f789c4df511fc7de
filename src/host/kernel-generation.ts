/**
 * Asks the kernel by which rules it schedules, without traffic and without touching the table that serves: in a network
 * namespace that is made for the question and goes with it. Loads no module, for that would stay.
 */
import { existsSync } from 'node:fs';
import { release, version } from 'node:os';
import { IpvsClient } from '../../native/ipvs/client.js';
import { IPPROTO_TCP } from '../../native/ipvs/constants.js';
import type { IpvsErrorCode } from '../../native/ipvs/errors.js';
import type { IpvsTable } from '../../native/ipvs/table.js';
import type { IpvsDestinationConfig, IpvsRequest } from '../../native/ipvs/types.js';
import { SyscallError } from '../../native/libc/errno.js';
import { inNewNetworkNamespace } from '../../native/libc/namespace.js';
import { setLinkState } from '../../native/rtnetlink/links.js';
import { openRtnetlink } from '../../native/rtnetlink/request.js';
import { reasonOf } from '../base/errors.js';
import { generationOfKernel, type KernelGeneration } from '../model/kernel-generation.js';

/** Number of `lo` in every namespace. */
const LOOPBACK_INDEX = 1;

/** Kernels that count by the newer rules take no upper threshold from here on. */
const FIRST_REFUSED_THRESHOLD = 2 ** 31;

const service = { family: 'ipv4', protocol: IPPROTO_TCP, address: '192.0.2.1', port: 80 } as const;

const addService: IpvsRequest = {
  command: 'add-service',
  service: {
    ...service,
    scheduler: 'none',
    flags: 0,
    timeoutSec: 0,
    netmask: 0xffffffff,
    persistenceEngine: null,
  },
};

/** What the probe needs of the machine; the defaults are the machine. */
export interface ProbeOptions {
  /** Whether IPVS is in this kernel now: opening its table would load it. */
  readonly hasIpvs?: () => boolean;
  /** Runs its argument in a network namespace with an empty table. */
  readonly inScratchNamespace?: <Result>(body: () => Result) => Result;
  readonly openTable?: () => IpvsTable;
  /** What tells `total` and `capped` apart, which no request does: text with the kernel's full number. */
  readonly kernelVersion?: string;
}

/** By which rules the running kernel schedules, or why that is not known. */
export type ProbedGeneration =
  | { readonly generation: KernelGeneration }
  /** `reason` in words that follow a colon. */
  | { readonly generation: 'unknown'; readonly reason: string };

/**
 * Finds the generation of the running kernel.
 *
 * Blocks for some milliseconds, during which this thread is in another network namespace.
 *
 * @returns `unknown` where it cannot be asked: no CAP_SYS_ADMIN for a namespace, no IPVS, another answer than known ones
 * @throws SyscallError `setns` when the thread cannot come back; the process should end then
 */
export function probeKernelGeneration(options: ProbeOptions = {}): ProbedGeneration {
  const hasIpvs = options.hasIpvs ?? ((): boolean => existsSync('/proc/thread-self/net/ip_vs'));
  if (!hasIpvs()) return unknown('IPVS is not loaded in this kernel');
  const inScratchNamespace = options.inScratchNamespace ?? inNewNetworkNamespace;
  let takesLargeThresholds: boolean | null;
  try {
    takesLargeThresholds = inScratchNamespace(() => ask(options.openTable ?? openScratchTable));
  } catch (error) {
    if (error instanceof SyscallError && error.details.syscall === 'setns') throw error;
    return unknown(refusalOf(error));
  }
  if (takesLargeThresholds === null) return unknown('it answers as no kernel that is known');
  if (takesLargeThresholds) return { generation: 'classic' };
  const byNumber = generationOfKernel(options.kernelVersion ?? `${version()} ${release()}`);
  return { generation: byNumber === 'capped' ? 'capped' : 'total' };
}

function unknown(reason: string): ProbedGeneration {
  return { generation: 'unknown', reason };
}

function refusalOf(error: unknown): string {
  const forbidden = error instanceof SyscallError && error.details.errno === 'EPERM';
  if (forbidden) return 'asking the kernel needs root (CAP_SYS_ADMIN, for a network namespace of its own)';
  return reasonOf(error);
}

function openScratchTable(): IpvsTable {
  const connection = openRtnetlink();
  try {
    // with lo down, no address is one of a server
    setLinkState(connection, LOOPBACK_INDEX, 'up');
  } finally {
    connection.close();
  }
  return IpvsClient.open();
}

/** @returns null when the kernel does not behave as any that is known */
function ask(openTable: () => IpvsTable): boolean | null {
  const table = openTable();
  try {
    const control = addDestination('10.0.0.1', FIRST_REFUSED_THRESHOLD - 1);
    const [made, controlled, tried] = table.batch([
      addService,
      control,
      addDestination('10.0.0.2', FIRST_REFUSED_THRESHOLD),
    ]);
    if (made !== null || controlled !== null || tried === undefined) return null;
    if (tried === null) return true;
    const refused: IpvsErrorCode = 'ERR_IPVS_INVALID';
    return tried.code === refused ? false : null;
  } finally {
    table.close();
  }
}

function addDestination(address: string, upperThreshold: number): IpvsRequest {
  const destination: IpvsDestinationConfig = {
    family: 'ipv4',
    address,
    port: 80,
    forwarding: 'masq',
    weight: 1,
    upperThreshold,
    lowerThreshold: 0,
    tunnel: null,
  };
  return { command: 'add-destination', service, destination };
}
