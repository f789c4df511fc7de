/** Turns a service's scheduler setting into scheduler objects: the kernel's by name, custom ones by path, guarded. */
import { createScheduler } from '../../../schedulers/index.js';
import type { Scheduler } from '../../../schedulers/types.js';
import type { ServiceKey } from '../../model/keys.js';
import type { ServiceSettings } from '../../model/virtual-service.js';
import { GuardedScheduler } from './guarded-scheduler.js';
import { KERNEL_GENERATION, ProxyServer } from './proxy-server.js';
import { isModulePath, type SchedulerModuleLoader } from './scheduler-module.js';

/** A custom scheduler threw, or chose what it must not; reported for the first fault of each loaded scheduler. */
export interface ModuleFault {
  readonly service: ServiceKey;
  /** Absolute path of the module. */
  readonly module: string;
  /** Method of the scheduler that failed: `pick`, `added`, ... */
  readonly call: string;
  readonly reason: string;
}

/** A scheduler that is ready to be made. */
export interface SchedulerRecipe {
  /** Equal for settings that make equal schedulers: a service keeps its scheduler's state while this is equal. */
  readonly identity: string;
  create(service: ServiceKey): Scheduler;
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
    if (!isModulePath(scheduler)) return { identity, create: () => createScheduler(scheduler, options) };
    const module = await this.#load(scheduler);
    return {
      identity: `${identity} ${module.version}`,
      create: (service) => this.#guarded(service, scheduler, module.create(options)),
    };
  }

  #guarded(service: ServiceKey, path: string, scheduler: Scheduler): Scheduler {
    return new GuardedScheduler(
      scheduler,
      (server) => isUsableServer(service, server),
      ({ call, reason }) => this.#onModuleFault({ service, module: path, call, reason }),
    );
  }
}

function isUsableServer(service: ServiceKey, server: unknown): boolean {
  return (
    server instanceof ProxyServer && server.linkedTo === service && server.weight > 0 && !server.overloaded
  );
}
