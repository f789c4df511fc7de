import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import type { NetlinkConnection } from '../../../../native/netlink/connection.js';
import { RtnetlinkError, type RtnetlinkErrorCode } from '../../../../native/rtnetlink/errors.js';
import { createLink, linkByName, setLinkState } from '../../../../native/rtnetlink/links.js';
import { openRtnetlink } from '../../../../native/rtnetlink/request.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';

/** What `ip -j` prints: a list of objects. */
export type Shown = Readonly<Record<string, unknown>>;

/** Runs `body` in a namespace of its own with a connection to it. */
export function inNetwork(body: (connection: NetlinkConnection) => void | Promise<void>): Promise<void> {
  return inNewNamespace(async () => {
    const connection = openRtnetlink();
    try {
      await body(connection);
    } finally {
      connection.close();
    }
  });
}

/** Runs ip(8) and gives what it prints. */
export function ip(...args: readonly string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' });
}

/** Runs many lines of ip(8) in one process. */
export function ipBatch(...lines: readonly string[]): void {
  execFileSync('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** What `ip -j ARGS` shows, without the empty objects that it prints for what it filters. */
export function shown(...args: readonly string[]): Shown[] {
  const objects = JSON.parse(ip('-j', ...args)) as Shown[];
  return objects.filter((object) => Object.keys(object).length > 0);
}

/** Makes a dummy that is up and gives its index. */
export function dummy(connection: NetlinkConnection, name: string): number {
  createLink(connection, { kind: 'dummy', name });
  const index = indexOf(connection, name);
  setLinkState(connection, index, 'up');
  return index;
}

export function indexOf(connection: NetlinkConnection, name: string): number {
  const link = linkByName(connection, name);
  assert.ok(link !== null, `there is no ${name}`);
  return link.index;
}

/** Asserts that the kernel refuses `act` with this errno, and that the error has this code. */
export function assertRefused(act: () => void, errno: string, code: RtnetlinkErrorCode): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof RtnetlinkError, String(error));
    assert.deepEqual([error.details.errno, error.code], [errno, code], error.message);
    return true;
  });
}
