/** What the process does when it is told something by a signal. */

export interface SignalActions {
  /** SIGTERM, SIGINT: stop cleanly. Called once. */
  readonly stop: (signal: NodeJS.Signals) => void;
  /** SIGHUP: read the file again. Never forces. */
  readonly reload: () => void;
}

/**
 * Listens until the returned function is called.
 *
 * A second SIGINT while stopping ends the process at once, as if nobody listened.
 */
export function handleSignals(actions: SignalActions): () => void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping && signal === 'SIGINT') {
      remove();
      process.kill(process.pid, 'SIGINT');
    }
    if (stopping) return;
    stopping = true;
    actions.stop(signal);
  };
  const remove = (): void => {
    process.off('SIGTERM', stop).off('SIGINT', stop).off('SIGHUP', actions.reload);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', actions.reload);
  return remove;
}
