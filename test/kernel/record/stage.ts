/** The two stages: one before the real kernel, one before a recording. */
import { IpvsClient } from '../../../native/ipvs/client.js';
import { resolveFamily } from '../../../native/genetlink/family.js';
import { NetlinkConnection } from '../../../native/netlink/connection.js';
import { NETLINK_GENERIC } from '../../../native/netlink/constants.js';
import { NetlinkError, type NetlinkErrorDetails } from '../../../native/netlink/errors.js';
import type { NetlinkRequest } from '../../../native/netlink/request.js';
import { SocketTransport } from '../../../native/netlink/socket-transport.js';
import type { Transport } from '../../../native/netlink/transport.js';
import { genericHeader } from '../../support/scripted-messages.js';
import { replay, type Exchange } from '../../support/scripted-recording.js';
import { recordedFamily } from './mask.js';
import { maskExchanges, RecordingTransport } from './recorder.js';
import type { OddMessage, Stage, Story } from './story.js';

const nobody = 65534;

/** Tells the story to the kernel of this thread's network namespace, which must have an empty table. */
export function record(story: Story): Exchange[] {
  const family = familyId();
  const transport = new RecordingTransport(story.receiveBytes ?? 65536);
  if (story.uncapped === true) transport.uncap();
  withStage(transport, family, story, {
    prepare: (action) => action(),
    asNobody: (action) => {
      process.seteuid?.(nobody);
      try {
        action();
      } finally {
        process.seteuid?.(0);
      }
    },
  });
  return maskExchanges(transport.exchanges, family);
}

/** Tells the story to its recording. @returns how much of that was not used */
export function retell(story: Story, exchanges: readonly Exchange[]): number {
  const kernel = replay(exchanges);
  withStage(kernel, recordedFamily, story, { prepare: () => undefined, asNobody: (action) => action() });
  return kernel.unused;
}

function withStage(
  transport: Transport,
  family: number,
  story: Story,
  surroundings: Pick<Stage, 'prepare' | 'asNobody'>,
): void {
  const connection = new NetlinkConnection(transport);
  const client = new IpvsClient(connection, family);
  const result = (run: () => number | string): number | string => {
    try {
      return run();
    } catch (error) {
      if (error instanceof NetlinkError && error.code === 'ERR_NETLINK_REPLY') return reasonOf(error.details);
      throw error;
    }
  };
  try {
    story.tell({
      client,
      order: (message) =>
        String(
          result(() => {
            connection.request(requestOf(message, family), () => null);
            return 'ok';
          }),
        ),
      list: (message) => result(() => connection.dump(requestOf(message, family), () => null).length),
      ...surroundings,
    });
  } finally {
    client.close();
  }
}

function reasonOf({ errno, extackText }: NetlinkErrorDetails): string {
  return [errno, extackText].filter((text) => text !== null).join(', ');
}

function requestOf({ type, command, flags, attributes = [] }: OddMessage, family: number): NetlinkRequest {
  return {
    operation: `command ${command}`,
    type: type ?? family,
    ...(flags === undefined ? {} : { flags }),
    encode: (writer) => {
      writer.bytes(genericHeader(command));
      for (const attribute of attributes) writer.bytes(attribute);
    },
  };
}

function familyId(): number {
  const connection = new NetlinkConnection(SocketTransport.open(NETLINK_GENERIC));
  try {
    const family = resolveFamily(connection, 'IPVS');
    if (family === null) throw new Error('the kernel has no IPVS');
    return family.id;
  } finally {
    connection.close();
  }
}
