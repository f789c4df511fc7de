import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IpvsError, ipvsErrorCode } from '../../../../native/ipvs/errors.js';
import type { IpvsErrorCode, IpvsQuery } from '../../../../native/ipvs/errors.js';
import type { IpvsCommand } from '../../../../native/ipvs/types.js';
import { NetlinkError } from '../../../../native/netlink/errors.js';

/** What the kernel means, command by command; see net/netfilter/ipvs/ip_vs_ctl.c. */
const meanings: readonly (readonly [IpvsCommand | IpvsQuery, string, IpvsErrorCode])[] = [
  ['add-service', 'EEXIST', 'ERR_IPVS_SERVICE_EXISTS'],
  ['add-service', 'ENOENT', 'ERR_IPVS_SCHEDULER_UNKNOWN'],
  ['edit-service', 'ENOENT', 'ERR_IPVS_SCHEDULER_UNKNOWN'],
  ['edit-service', 'ESRCH', 'ERR_IPVS_SERVICE_UNKNOWN'],
  ['delete-service', 'ESRCH', 'ERR_IPVS_SERVICE_UNKNOWN'],
  ['get-service', 'ESRCH', 'ERR_IPVS_SERVICE_UNKNOWN'],
  ['zero', 'ESRCH', 'ERR_IPVS_SERVICE_UNKNOWN'],
  ['add-destination', 'ESRCH', 'ERR_IPVS_SERVICE_UNKNOWN'],
  ['add-destination', 'EEXIST', 'ERR_IPVS_DESTINATION_EXISTS'],
  ['edit-destination', 'ENOENT', 'ERR_IPVS_DESTINATION_UNKNOWN'],
  ['delete-destination', 'ENOENT', 'ERR_IPVS_DESTINATION_UNKNOWN'],
  ['add-destination', 'ERANGE', 'ERR_IPVS_OUT_OF_RANGE'],
  ['add-destination', 'EINVAL', 'ERR_IPVS_INVALID'],
  ['add-service', 'EAFNOSUPPORT', 'ERR_IPVS_FAMILY_UNSUPPORTED'],
  ['start-daemon', 'EEXIST', 'ERR_IPVS_DAEMON_RUNNING'],
  ['start-daemon', 'ENODEV', 'ERR_IPVS_INTERFACE_UNKNOWN'],
  ['stop-daemon', 'ESRCH', 'ERR_IPVS_DAEMON_NOT_RUNNING'],
  ['list-daemons', 'EOPNOTSUPP', 'ERR_IPVS_UNSUPPORTED'],
  ['list-services', 'EPERM', 'ERR_IPVS_PERMISSION'],
  ['flush', 'EACCES', 'ERR_IPVS_PERMISSION'],
  ['delete-service', 'ENOENT', 'ERR_IPVS_UNAVAILABLE'],
  ['list-services', 'ENOENT', 'ERR_IPVS_UNAVAILABLE'],
  ['add-service', 'ENOMEM', 'ERR_IPVS_REFUSED'],
  ['delete-service', 'EEXIST', 'ERR_IPVS_REFUSED'],
  ['flush', 'errno 4711', 'ERR_IPVS_REFUSED'],
];

describe('ipvsErrorCode', () => {
  for (const [command, errno, code] of meanings) {
    it(`calls ${errno} of ${command} ${code}`, () => assert.equal(ipvsErrorCode(command, errno), code));
  }
});

describe('IpvsError', () => {
  it('is a NetlinkError that knows its command', () => {
    const details = {
      operation: 'flush the table',
      errno: 'EPERM',
      errnoNumber: 1,
      extackText: null,
      extackOffset: null,
      sequence: 4,
    };
    const error = new IpvsError('ERR_IPVS_PERMISSION', 'flush', 'EPERM', details);
    assert.ok(error instanceof NetlinkError);
    assert.equal(error.name, 'IpvsError');
    assert.equal(error.command, 'flush');
    assert.equal(error.message, 'flush the table: EPERM');
  });
});
