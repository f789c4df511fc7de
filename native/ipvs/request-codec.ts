/** Every changing request as bytes and as words: command id, nests, and what errors call it. */
import { encodeGenericHeader } from '../genetlink/message.js';
import { AttributeWriter } from '../netlink/attribute.js';
import type { Writer } from '../netlink/writer.js';
import * as id from './constants.js';
import { encodeDaemon, encodeDaemonRole, encodeTimeouts } from './daemon-codec.js';
import { encodeDestination, encodeDestinationKey } from './destination-codec.js';
import { formatDestinationKey, formatServiceKey } from './keys.js';
import { encodeService, encodeServiceKey } from './service-codec.js';
import type { IpvsCommand, IpvsRequest } from './types.js';

const commandIds: Readonly<Record<IpvsCommand, number>> = {
  'add-service': id.IPVS_CMD_NEW_SERVICE,
  'edit-service': id.IPVS_CMD_SET_SERVICE,
  'delete-service': id.IPVS_CMD_DEL_SERVICE,
  'add-destination': id.IPVS_CMD_NEW_DEST,
  'edit-destination': id.IPVS_CMD_SET_DEST,
  'delete-destination': id.IPVS_CMD_DEL_DEST,
  zero: id.IPVS_CMD_ZERO,
  flush: id.IPVS_CMD_FLUSH,
  'set-timeouts': id.IPVS_CMD_SET_CONFIG,
  'start-daemon': id.IPVS_CMD_NEW_DAEMON,
  'stop-daemon': id.IPVS_CMD_DEL_DAEMON,
};

/** Appends the generic header and the request's attributes. @throws CodecError when a value does not fit its field */
export function encodeRequest(writer: Writer, request: IpvsRequest): void {
  encodeGenericHeader(writer, commandIds[request.command], id.IPVS_GENL_VERSION);
  const attributes = new AttributeWriter(writer);
  switch (request.command) {
    case 'add-service':
    case 'edit-service':
      encodeService(attributes, request.service);
      return;
    case 'delete-service':
      encodeServiceKey(attributes, request.service);
      return;
    case 'add-destination':
    case 'edit-destination':
      encodeServiceKey(attributes, request.service);
      encodeDestination(attributes, request.destination);
      return;
    case 'delete-destination':
      encodeServiceKey(attributes, request.service);
      encodeDestinationKey(attributes, request.destination);
      return;
    case 'zero':
      if (request.service !== null) encodeServiceKey(attributes, request.service);
      return;
    case 'flush':
      return;
    case 'set-timeouts':
      encodeTimeouts(attributes, request.timeouts);
      return;
    case 'start-daemon':
      encodeDaemon(attributes, request.daemon);
      return;
    case 'stop-daemon':
      encodeDaemonRole(attributes, request.role);
  }
}

/** What errors call the request: `add destination 10.0.0.3:80 to tcp:192.0.2.1:80`. Never throws. */
export function describeRequest(request: IpvsRequest): string {
  switch (request.command) {
    case 'add-service':
    case 'edit-service':
    case 'delete-service':
      return `${request.command.replace('-', ' ')} ${formatServiceKey(request.service)}`;
    case 'add-destination':
      return `add destination ${formatDestinationKey(request.destination)} to ${formatServiceKey(request.service)}`;
    case 'edit-destination':
      return `edit destination ${formatDestinationKey(request.destination)} of ${formatServiceKey(request.service)}`;
    case 'delete-destination':
      return `delete destination ${formatDestinationKey(request.destination)} of ${formatServiceKey(request.service)}`;
    case 'zero':
      return request.service === null
        ? 'zero all counters'
        : `zero counters of ${formatServiceKey(request.service)}`;
    case 'flush':
      return 'flush the table';
    case 'set-timeouts':
      return 'set timeouts';
    case 'start-daemon':
      return `start ${request.daemon.role} sync daemon on ${request.daemon.interface}`;
    case 'stop-daemon':
      return `stop ${request.role} sync daemon`;
  }
}
