/** What a step asks of the kernel, and what to ask when the kernel finds the table otherwise than the plan did. Pure. */
import type { IpvsError } from '../../../native/ipvs/errors.js';
import type { IpvsRequest } from '../../../native/ipvs/types.js';
import type { Step } from '../types.js';
import { toIpvsDestination, toIpvsSettings } from './convert.js';
import { toIpvsServiceKey } from './convert-keys.js';
import type { MatchMarks } from './match-marks.js';

/** The one request that a step is. @throws Refusal `ERR_UNSUPPORTED` when the kernel cannot serve it */
export function requestOf(step: Step, marks: MatchMarks): IpvsRequest {
  const key = toIpvsServiceKey(step.service, marks);
  switch (step.kind) {
    case 'create-service':
    case 'edit-service': {
      const service = { ...key, ...toIpvsSettings(step.service.settings, key.family) };
      return { command: step.kind === 'create-service' ? 'add-service' : 'edit-service', service };
    }
    case 'add-server':
    case 'edit-server': {
      const command = step.kind === 'add-server' ? 'add-destination' : 'edit-destination';
      return { command, service: key, destination: toIpvsDestination(step.server) };
    }
    case 'delete-server':
      return { command: 'delete-destination', service: key, destination: toIpvsDestination(step.server) };
    case 'delete-service':
      return { command: 'delete-service', service: key };
  }
}

/**
 * What makes a refused request what its step promises: another request, or nothing more (`done`) because it is so already.
 *
 * An edited service that is gone is no such case: made anew it would stand without servers and look as if all were well.
 *
 * @returns null when the refusal stands
 */
export function remedyOf(request: IpvsRequest, { code }: IpvsError): IpvsRequest | 'done' | null {
  switch (request.command) {
    case 'add-service':
      return code === 'ERR_IPVS_SERVICE_EXISTS' ? { ...request, command: 'edit-service' } : null;
    case 'add-destination':
      return code === 'ERR_IPVS_DESTINATION_EXISTS' ? { ...request, command: 'edit-destination' } : null;
    case 'edit-destination':
      return code === 'ERR_IPVS_DESTINATION_UNKNOWN' ? { ...request, command: 'add-destination' } : null;
    case 'delete-destination':
      return code === 'ERR_IPVS_DESTINATION_UNKNOWN' || code === 'ERR_IPVS_SERVICE_UNKNOWN' ? 'done' : null;
    case 'delete-service':
      return code === 'ERR_IPVS_SERVICE_UNKNOWN' ? 'done' : null;
    default:
      return null;
  }
}
