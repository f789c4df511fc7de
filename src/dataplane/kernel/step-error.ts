/** The kernel's refusals in words that an operator can act on. Pure. */
import type { IpvsError } from '../../../native/ipvs/errors.js';
import { schedulerModule } from '../../../native/proc/modules.js';
import { reasonOf } from '../../base/errors.js';
import type { TableServer, TableService } from '../../model/desired-state.js';
import { StepError, type Step } from '../types.js';
import { Refusal } from './refusal.js';

interface Explanation {
  readonly code: string;
  readonly reason: string;
  readonly retryable?: boolean;
}

/** Limits of threshold that newer kernels hold. */
const MAX_THRESHOLD = 2 ** 31 - 1;

/** Of these nobody has to mend anything: a later try may find room. */
const passing = new Set(['ENOMEM', 'ENOBUFS', 'EAGAIN', 'EINTR', 'EBUSY']);

/** The modules that a service needs beside ip_vs: its scheduler's, and its persistence engine's. */
export function modulesOf({ settings }: TableService): readonly string[] {
  const engine = settings.persistence?.engine;
  const scheduler = settings.scheduler === 'none' ? [] : [schedulerModule(settings.scheduler)];
  return engine === undefined ? scheduler : [...scheduler, `ip_vs_pe_${engine}`];
}

/**
 * The error of a step that the kernel refused.
 *
 * @param loading what came of loading the missing modules; empty when it was not tried, or went well
 */
export function refusedStep(step: Step, error: IpvsError, loading: string): StepError {
  const { code, reason, retryable } = explain(step, error, loading);
  return StepError.of(step, reason, { code, retryable: retryable ?? false, cause: error });
}

/** The error of a step that did not reach the kernel: nobody knows what was done where the socket failed half-way. */
export function failedStep(step: Step, thrown: unknown): StepError {
  const isRefusal = thrown instanceof Refusal;
  const code = isRefusal ? thrown.code : 'ERR_STEP';
  return StepError.of(step, reasonOf(thrown), { code, retryable: !isRefusal, cause: thrown });
}

function explain(step: Step, error: IpvsError, loading: string): Explanation {
  const { code, reason } = error;
  switch (code) {
    case 'ERR_IPVS_SERVICE_UNKNOWN':
      return { code: 'ERR_SERVICE_GONE', reason: `${reason}, the service is gone`, retryable: true };
    case 'ERR_IPVS_DESTINATION_UNKNOWN':
      return { code: 'ERR_SERVER_GONE', reason: `${reason}, the server is gone`, retryable: true };
    case 'ERR_IPVS_SCHEDULER_UNKNOWN':
      return { code, reason: `${reason}, ${missingModules(step.service, loading)}` };
    case 'ERR_IPVS_FAMILY_UNSUPPORTED':
      return {
        code,
        reason: `${reason}, this kernel has no IPVS for this address family: is IPv6 disabled?`,
      };
    case 'ERR_IPVS_PERMISSION':
      return {
        code,
        reason: `${reason}, CAP_NET_ADMIN in the initial user namespace is missing: run lvsd as root of the host`,
      };
    case 'ERR_IPVS_UNAVAILABLE':
      return { code, reason: `${reason}, the kernel has no IPVS any more: run "modprobe ip_vs"` };
    case 'ERR_IPVS_OUT_OF_RANGE':
      return 'server' in step ? outOfRange(step.server, reason) : { code, reason };
    case 'ERR_IPVS_INVALID':
      return invalid(step, error);
    case 'ERR_IPVS_UNSUPPORTED':
      return { code, reason: `${reason}, this kernel lacks the command: a newer one is needed` };
    case 'ERR_IPVS_UNKNOWN_OUTCOME':
      return { code, reason, retryable: true };
    default:
      return { code, reason, retryable: passing.has(error.details.errno ?? '') };
  }
}

/** The kernel does not say whether it is the scheduler or the engine. */
function missingModules(service: TableService, loading: string): string {
  const { scheduler, persistence } = service.settings;
  const engine = persistence?.engine;
  const what = engine === undefined ? `scheduler ${scheduler}` : `scheduler ${scheduler} or engine ${engine}`;
  const commands = modulesOf(service).map((name) => `modprobe ${name}`);
  const attempt = loading === '' ? '' : ` (${loading})`;
  return `this kernel has no ${what}${attempt}: run "${commands.join(' && ')}", or use another`;
}

function outOfRange({ lowerThreshold, upperThreshold, weight }: TableServer, reason: string): Explanation {
  if (lowerThreshold > upperThreshold) {
    const detail = `lower_threshold ${lowerThreshold} is above upper_threshold ${upperThreshold}`;
    return { code: 'ERR_THRESHOLD', reason: `${reason}, ${detail}` };
  }
  return { code: 'ERR_IPVS_OUT_OF_RANGE', reason: `${reason}, weight ${weight} is out of range` };
}

function invalid(step: Step, { code, reason, details }: IpvsError): Explanation {
  // Without an errno it was never sent, and the reason says which value fits no message.
  if (details.errno === null) return { code, reason };
  const { service } = step;
  if (!('server' in step)) {
    return { code, reason: `${reason}, scheduler ${service.settings.scheduler} refuses these settings` };
  }
  const { server } = step;
  if (server.upperThreshold > MAX_THRESHOLD) {
    return {
      code: 'ERR_THRESHOLD',
      reason: `${reason}, this kernel takes an upper_threshold of at most ${MAX_THRESHOLD}`,
    };
  }
  return { code, reason: `${reason}, ${invalidServer(service, server)}` };
}

function invalidServer(service: TableService, server: TableServer): string {
  if (server.family !== service.address.family) {
    return server.forwarding === 'tun'
      ? 'a server of the other address family cannot be beside a sync daemon: stop the daemon'
      : `an IPv${server.family} server of an IPv${service.address.family} service needs forwarding: tun`;
  }
  return `${server.address} is no unicast address to this kernel: is it broadcast or multicast, or is the interface lo down?`;
}
