/** What the kernel's errno means for each IPVS command, as stable codes. */
import { NetlinkError } from '../netlink/errors.js';
import type { NetlinkErrorDetails } from '../netlink/errors.js';
import type { IpvsCommand } from './types.js';

/** Commands that read, which errors name too. */
export type IpvsQuery =
  'info' | 'list-services' | 'get-service' | 'list-destinations' | 'list-daemons' | 'get-timeouts' | 'open';

export type IpvsErrorCode =
  | 'ERR_IPVS_SERVICE_EXISTS'
  | 'ERR_IPVS_SERVICE_UNKNOWN'
  | 'ERR_IPVS_DESTINATION_EXISTS'
  | 'ERR_IPVS_DESTINATION_UNKNOWN'
  /** Scheduler or persistence engine: the kernel does not say which. */
  | 'ERR_IPVS_SCHEDULER_UNKNOWN'
  | 'ERR_IPVS_DAEMON_RUNNING'
  | 'ERR_IPVS_DAEMON_NOT_RUNNING'
  | 'ERR_IPVS_INTERFACE_UNKNOWN'
  | 'ERR_IPVS_FAMILY_UNSUPPORTED'
  | 'ERR_IPVS_PERMISSION'
  /** The kernel has no IPVS, or its module is not loaded and cannot be. */
  | 'ERR_IPVS_UNAVAILABLE'
  | 'ERR_IPVS_OUT_OF_RANGE'
  | 'ERR_IPVS_INVALID'
  | 'ERR_IPVS_UNSUPPORTED'
  /** Answers were lost: whether it was done is unknown, read the table again. */
  | 'ERR_IPVS_UNKNOWN_OUTCOME'
  /** Any other errno; see `details.errno`. */
  | 'ERR_IPVS_REFUSED';

type ByErrno = Readonly<Record<string, IpvsErrorCode>>;

const anyCommand: ByErrno = {
  EPERM: 'ERR_IPVS_PERMISSION',
  EACCES: 'ERR_IPVS_PERMISSION',
  ESRCH: 'ERR_IPVS_SERVICE_UNKNOWN',
  EAFNOSUPPORT: 'ERR_IPVS_FAMILY_UNSUPPORTED',
  ERANGE: 'ERR_IPVS_OUT_OF_RANGE',
  EINVAL: 'ERR_IPVS_INVALID',
  EOPNOTSUPP: 'ERR_IPVS_UNSUPPORTED',
  /** The family id is gone: the module was unloaded. */
  ENOENT: 'ERR_IPVS_UNAVAILABLE',
};

const service: ByErrno = { EEXIST: 'ERR_IPVS_SERVICE_EXISTS', ENOENT: 'ERR_IPVS_SCHEDULER_UNKNOWN' };
const destination: ByErrno = {
  EEXIST: 'ERR_IPVS_DESTINATION_EXISTS',
  ENOENT: 'ERR_IPVS_DESTINATION_UNKNOWN',
};

const byCommand: Readonly<Partial<Record<IpvsCommand | IpvsQuery, ByErrno>>> = {
  'add-service': service,
  'edit-service': service,
  'add-destination': destination,
  'edit-destination': destination,
  'delete-destination': destination,
  'start-daemon': { EEXIST: 'ERR_IPVS_DAEMON_RUNNING', ENODEV: 'ERR_IPVS_INTERFACE_UNKNOWN' },
  'stop-daemon': { ESRCH: 'ERR_IPVS_DAEMON_NOT_RUNNING' },
};

/** Gives the code of an errno's C name in answer to `command`. Never throws. */
export function ipvsErrorCode(command: IpvsCommand | IpvsQuery, errno: string): IpvsErrorCode {
  return byCommand[command]?.[errno] ?? anyCommand[errno] ?? 'ERR_IPVS_REFUSED';
}

/** A command that the kernel refused, or could not be asked. `details.errno` is the kernel's word, `cause` the answer itself. */
export class IpvsError extends NetlinkError<IpvsErrorCode> {
  override readonly name = 'IpvsError';
  readonly command: IpvsCommand | IpvsQuery;

  constructor(
    code: IpvsErrorCode,
    command: IpvsCommand | IpvsQuery,
    reason: string,
    details: NetlinkErrorDetails,
    options?: ErrorOptions,
  ) {
    super(code, reason, details, options);
    this.command = command;
  }
}
