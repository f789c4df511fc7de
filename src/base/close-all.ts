/** Closing many things of which one may fail. */
import { reasonOf } from './errors.js';

/**
 * Runs every action in order, each after the one before has settled, whether or not that one failed.
 *
 * @throws the error of the one that failed, or one AggregateError that names all of them
 */
export async function closeAll(actions: readonly (() => unknown)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const action of actions) {
    try {
      await action();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, `close: ${errors.map(reasonOf).join('; ')}`);
}
