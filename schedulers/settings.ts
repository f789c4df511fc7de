/** Checks and completes the options of a scheduler, so that the algorithms take them as given. */
import { SchedulerError } from './errors.js';
import type { KernelGeneration, SchedulerFlag, SchedulerName, SchedulerOptions } from './types.js';

/** Options with every default filled in. */
export interface SchedulerSettings {
  readonly port: boolean;
  readonly fallback: boolean;
  readonly generation: KernelGeneration;
  readonly shTableBits: number;
  readonly mhTableIndex: number;
  readonly expirationMs: number;
}

const GENERATIONS: readonly string[] = ['classic', 'total', 'capped'] satisfies readonly KernelGeneration[];

/** The flags that a scheduler takes, as `ipvsadm -b` spells them; empty for most. */
export function schedulerFlagsOf(name: SchedulerName): readonly SchedulerFlag[] {
  if (name === 'sh') return ['sh-fallback', 'sh-port'];
  if (name === 'mh') return ['mh-fallback', 'mh-port'];
  return [];
}

/**
 * Fills in defaults and refuses what no kernel would take.
 *
 * @throws SchedulerError ERR_SCHEDULER_FLAG for a flag of another scheduler, ERR_SCHEDULER_OPTION for a value out of
 *   range; options that the scheduler has no use for are checked all the same
 */
export function resolveSettings(name: SchedulerName, options: SchedulerOptions): SchedulerSettings {
  const flags = options.flags ?? [];
  checkFlags(name, flags);
  return {
    port: flags.includes(`${name}-port`),
    fallback: flags.includes(`${name}-fallback`),
    generation: generationOf(options.generation ?? 'classic'),
    shTableBits: integerWithin('shTableBits', options.shTableBits ?? 8, 4, 20),
    mhTableIndex: integerWithin('mhTableIndex', options.mhTableIndex ?? 12, 8, 17),
    expirationMs: duration('expirationMs', options.expirationMs ?? 86_400_000),
  };
}

function checkFlags(name: SchedulerName, flags: readonly string[]): void {
  const allowed: readonly string[] = schedulerFlagsOf(name);
  const foreign = flags.find((flag) => !allowed.includes(flag));
  if (foreign === undefined) return;
  const hint = allowed.length === 0 ? 'it takes no flags' : `it takes ${allowed.join(', ')}`;
  throw new SchedulerError(
    'ERR_SCHEDULER_FLAG',
    `create scheduler ${name}: unknown flag "${foreign}", ${hint}`,
    {
      scheduler: name,
      flag: foreign,
      allowed,
    },
  );
}

function generationOf(generation: KernelGeneration): KernelGeneration {
  if (GENERATIONS.includes(generation)) return generation;
  throw outOfRange('generation', generation, `one of ${GENERATIONS.join(', ')}`);
}

function integerWithin(option: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw outOfRange(option, value, `an integer from ${low} to ${high}`);
}

function duration(option: string, value: number): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw outOfRange(option, value, 'a finite number of milliseconds, 0 or more');
}

function outOfRange(option: string, value: unknown, wanted: string): SchedulerError {
  return new SchedulerError(
    'ERR_SCHEDULER_OPTION',
    `set scheduler option ${option}: ${String(value)} is not ${wanted}`,
    { option, value },
  );
}
