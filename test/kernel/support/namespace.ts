/** Isolation of kernel tests: every test has a network namespace, and so an empty IPVS table, of its own. */
import { execFileSync } from 'node:child_process';
import { enterNetworkNamespace, enterNewNetworkNamespace } from '../../../native/libc/namespace.js';
import { closeSync, openSync } from 'node:fs';

/**
 * Runs `body` in a new network namespace with its loopback up, and comes back to the old one, whatever happens.
 *
 * Sockets opened and programs started by `body` are in it, and the namespace goes with the last of them. The whole
 * thread moves: two bodies at a time would mix, so tests run one after the other. Threads of Node's pool stay behind:
 * read `/proc/sys/net` with the synchronous functions of `node:fs`.
 */
export async function inNewNamespace<Result>(body: () => Result | Promise<Result>): Promise<Result> {
  // The old namespace stays alive, and has a path, as long as a descriptor of it is open.
  const former = openSync('/proc/thread-self/ns/net', 'r');
  try {
    enterNewNetworkNamespace();
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    return await body();
  } finally {
    enterNetworkNamespace(`/proc/self/fd/${former}`);
    closeSync(former);
  }
}
