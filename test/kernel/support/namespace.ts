/** Isolation of kernel tests: every test has a network namespace, and so an empty IPVS table, of its own. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { closeSync, openSync } from 'node:fs';
import { enterNetworkNamespace, enterNewNetworkNamespace } from '../../../native/libc/namespace.js';
import { setLinkState } from '../../../native/rtnetlink/links.js';
import { openRtnetlink } from '../../../native/rtnetlink/request.js';

/** The body that a caller is in, and the one that has the thread: they differ when two run side by side. */
const callersBody = new AsyncLocalStorage<symbol>();
let runningBody: symbol | undefined;

/**
 * Runs `body` in a new network namespace with its loopback up, and comes back to the old one, whatever happens.
 *
 * Sockets opened and programs started by `body` are in it, and the namespace goes with the last of them. The whole
 * thread moves, so bodies may nest but not run side by side. Threads of Node's pool stay behind: read `/proc/sys/net`
 * with the synchronous functions of `node:fs`.
 *
 * @throws Error when another body has not ended yet
 */
export async function inNewNamespace<Result>(body: () => Result | Promise<Result>): Promise<Result> {
  const outer = runningBody;
  if (callersBody.getStore() !== outer) throw new Error('another body of inNewNamespace has not ended yet');
  // The old namespace stays alive, and has a path, as long as a descriptor of it is open.
  const former = openSync('/proc/thread-self/ns/net', 'r');
  const own = Symbol('body');
  runningBody = own;
  try {
    enterNewNetworkNamespace();
    raiseLoopback();
    return await callersBody.run(own, body);
  } finally {
    runningBody = outer;
    enterNetworkNamespace(`/proc/self/fd/${former}`);
    closeSync(former);
  }
}

/** Number of `lo` in every namespace. */
const loopbackIndex = 1;

function raiseLoopback(): void {
  const connection = openRtnetlink();
  try {
    setLinkState(connection, loopbackIndex, 'up');
  } finally {
    connection.close();
  }
}
