/** Turns a service's scheduler setting into scheduler objects: the kernel's by name, custom ones by path, guarded. */
import { createScheduler } from '../../../schedulers/index.js';
import type { Scheduler } from '../../../schedulers/types.js';
import type { ServiceKey } from '../../model/keys.js';
import type { ServiceSettings } from '../../model/virtual-service.js';
import { GuardedScheduler, type SchedulerFault } from './guarded-scheduler.js';
import { KERNEL_GENERATION, ProxyServer } from './proxy-server.js';
import { isModulePath, type SchedulerModuleLoader } from './scheduler-module.js';

/** A custom scheduler threw, or chose what it must not; reported for the first fault of each kind. */
export interface ModuleFault {
  readonly service: ServiceKey;
  /** For people: module, call and reason. */
  readonly message: string;
}

/** A scheduler at work. */
export interface WorkingScheduler {
  readonly scheduler: Scheduler;
  /** What it did wrong so far, one line each; nothing for a kernel scheduler. */
  readonly faults: () => readonly string[];
}

/** A scheduler that is ready to be made. */
export interface SchedulerRecipe {
  /** Equal for settings that make equal schedulers: a service keeps its scheduler's state while this is equal. */
  readonly identity: string;
  create(service: ServiceKey): WorkingScheduler;
}

export class SchedulerSource {
  readonly #load: SchedulerModuleLoader;
  readonly #onModuleFault: (fault: ModuleFault) => void;

  constructor(load: SchedulerModuleLoader, onModuleFault: (fault: ModuleFault) => void) {
    this.#load = load;
    this.#onModuleFault = onModuleFault;
  }

  /**
   * Loads what is needed. A module is read again, so a changed file makes another identity.
   *
   * `create` throws the scheduler's own error for an unknown name or a flag that is not the scheduler's.
   * @throws SchedulerModuleError when a module cannot be loaded
   */
  async resolve({ scheduler, schedulerFlags }: ServiceSettings): Promise<SchedulerRecipe> {
    const options = { flags: schedulerFlags, generation: KERNEL_GENERATION };
    const identity = [scheduler, ...schedulerFlags].join(' ');
    if (!isModulePath(scheduler)) {
      return { identity, create: () => ({ scheduler: createScheduler(scheduler, options), faults: none }) };
    }
    const module = await this.#load(scheduler);
    return {
      identity: `${identity} ${module.version}`,
      create: (service) => this.#guarded(service, scheduler, module.create(options)),
    };
  }

  #guarded(service: ServiceKey, path: string, custom: Scheduler): WorkingScheduler {
    const told = ({ call, reason }: SchedulerFault): string =>
      `run scheduler module ${path}: ${call}: ${reason}`;
    const scheduler = new GuardedScheduler(
      custom,
      (server) => isUsableServer(service, server),
      (fault) => this.#onModuleFault({ service, message: told(fault) }),
    );
    return { scheduler, faults: () => scheduler.faults.map(told) };
  }
}

const none = (): readonly string[] => [];

function isUsableServer(service: ServiceKey, server: unknown): boolean {
  return (
    server instanceof ProxyServer && server.linkedTo === service && server.weight > 0 && !server.overloaded
  );
}
