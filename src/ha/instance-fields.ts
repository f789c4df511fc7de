/** Reads an instance out of a message. */
import type {
  Announcing,
  HeartbeatLine,
  InstanceAddress,
  TrackedInterface,
  VrrpInstance,
} from '../model/vrrp-instance.js';
import type { MessageFields } from './message-fields.js';

/** @throws MessageError */
export function readInstance(fields: MessageFields): VrrpInstance {
  return {
    name: fields.string('name'),
    interface: fields.string('interface'),
    family: fields.oneOf('family', [4, 6] as const),
    vrid: fields.integer('vrid', 1, 255),
    version: fields.oneOf('version', [2, 3] as const),
    priority: fields.integer('priority', 1, 255),
    advertiseMs: fields.number('advertiseMs', 10),
    preempt: fields.boolean('preempt'),
    preemptDelayMs: fields.number('preemptDelayMs', 0),
    startDelayMs: fields.number('startDelayMs', 0),
    group: fields.stringOrNull('group'),
    peers: fields.strings('peers'),
    source: fields.stringOrNull('source'),
    password: fields.stringOrNull('password'),
    checksum: fields.oneOf('checksum', ['pseudo-header', 'message'] as const),
    addresses: fields.objects('addresses', readAddress),
    announce: fields.object('announce', readAnnouncing),
    heartbeat: fields.objects('heartbeat', readHeartbeatLine),
    trackedInterfaces: fields.objects('trackedInterfaces', readTrackedInterface),
  };
}

function readAddress(fields: MessageFields): InstanceAddress {
  return {
    address: fields.string('address'),
    prefixLength: fields.integer('prefixLength', 0, 128),
    interface: fields.string('interface'),
    label: fields.stringOrNull('label'),
    scope: fields.oneOf('scope', ['global', 'site', 'link', 'host'] as const),
  };
}

function readAnnouncing(fields: MessageFields): Announcing {
  return {
    volley: fields.integer('volley', 1, 100),
    againMs: fields.numberOrNull('againMs', 0),
    refreshMs: fields.numberOrNull('refreshMs', 1),
  };
}

function readHeartbeatLine(fields: MessageFields): HeartbeatLine {
  return { interface: fields.string('interface'), peer: fields.string('peer') };
}

function readTrackedInterface(fields: MessageFields): TrackedInterface {
  return { interface: fields.string('interface'), weight: fields.numberOrNull('weight', -254) };
}
