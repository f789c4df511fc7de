/** What to say of the kernel's refusals: the stock tool's words, and else the C library's. Pure. */
import type { IpvsError } from '../../native/ipvs/errors.js';

type ByErrno = Readonly<Record<string, string>>;

const anyCommand: ByErrno = {
  EPERM: 'Permission denied (you must be root)',
  EINVAL: 'Invalid operation.  Possibly wrong module version, address not unicast, ...',
  ENOPROTOOPT: 'Protocol not available',
  ENOMEM: 'Memory allocation problem',
  EMSGSIZE: 'Module is wrong version',
  EAFNOSUPPORT: 'Operation not supported with specified address family',
};

const serviceUnknown: ByErrno = { ESRCH: 'No such service' };
const schedulerUnknown: ByErrno = { ENOENT: 'Scheduler or persistence engine not found' };
const destinationUnknown: ByErrno = { ESRCH: 'Service not defined', ENOENT: 'No such destination' };

const byCommand: Readonly<Partial<Record<IpvsError['command'], ByErrno>>> = {
  'add-service': { EEXIST: 'Service already exists', ...schedulerUnknown },
  'edit-service': { ...serviceUnknown, ...schedulerUnknown },
  'delete-service': serviceUnknown,
  zero: serviceUnknown,
  'get-service': serviceUnknown,
  'add-destination': { ESRCH: 'Service not defined', EEXIST: 'Destination already exists' },
  'edit-destination': destinationUnknown,
  'delete-destination': destinationUnknown,
  'start-daemon': { EEXIST: 'Daemon has already run' },
  'stop-daemon': { ESRCH: 'No daemon is running' },
};

/** glibc's texts of what IPVS, its sync daemons' sockets and netlink can answer. */
const libraryTexts: ByErrno = {
  EACCES: 'Permission denied',
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EAGAIN: 'Resource temporarily unavailable',
  EBUSY: 'Device or resource busy',
  EEXIST: 'File exists',
  EFAULT: 'Bad address',
  EHOSTUNREACH: 'No route to host',
  EINTR: 'Interrupted system call',
  EIO: 'Input/output error',
  EMFILE: 'Too many open files',
  ENETDOWN: 'Network is down',
  ENETUNREACH: 'Network is unreachable',
  ENFILE: 'Too many open files in system',
  ENOBUFS: 'No buffer space available',
  ENODEV: 'No such device',
  ENOENT: 'No such file or directory',
  ENOTUNIQ: 'Name not unique on network',
  ENXIO: 'No such device or address',
  EOPNOTSUPP: 'Operation not supported',
  EPROTONOSUPPORT: 'Protocol not supported',
  ERANGE: 'Numerical result out of range',
  ESRCH: 'No such process',
};

/** One line without its end. Never throws. */
export function kernelMessage(error: IpvsError): string {
  const { errno } = error.details;
  if (errno === null) return error.message;
  return byCommand[error.command]?.[errno] ?? anyCommand[errno] ?? libraryTexts[errno] ?? error.message;
}
