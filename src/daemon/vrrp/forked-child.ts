/** `lvsd-vrrp` as a child process. */
import type { ChildProcess } from 'node:child_process';
import { launchVrrp } from '../../ha/launch.js';
import { reasonOf } from '../../base/errors.js';
import type { ToVrrp } from '../../ha/messages.js';
import type { VrrpChild, VrrpChildEvents } from './vrrp-child.js';

export function forkChild(events: VrrpChildEvents, launch = launchVrrp): VrrpChild {
  let child: ChildProcess;
  try {
    child = launch();
  } catch (error) {
    // without memory for a process Node throws, and tells of other reasons by `error`
    queueMicrotask(() => events.gone(reasonOf(error)));
    return { pid: null, send: () => undefined, kill: () => undefined };
  }
  let ended = false;
  const end = (how: string): void => {
    if (ended) return;
    ended = true;
    events.gone(how);
  };
  child.on('message', (message) => {
    if (!ended) events.said(message);
  });
  child.on('exit', (code, signal) => end(signal ?? `exit code ${code ?? 0}`));
  // Of one that runs it tells a message that could not be sent, of which `exit` says the reason.
  child.on('error', (error) => {
    if (child.pid === undefined) end(reasonOf(error));
  });
  return {
    pid: child.pid ?? null,
    send: (message: ToVrrp) => {
      if (child.connected) child.send(message);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
