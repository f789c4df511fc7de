/**
 * The data planes of one director: the kernel's and the userspace one side by side, or the latter alone. Which is
 * decided once, at start, for services may ask for the userspace plane at any reload.
 */
import type { Clock } from '../base/clock.js';
import { CompositeDataplane } from '../dataplane/composite/composite-dataplane.js';
import type { KernelDataplane } from '../dataplane/kernel/kernel-dataplane.js';
import { ProxyDataplane, type ProxyDataplaneOptions } from '../dataplane/proxy/proxy-dataplane.js';
import type { Dataplane } from '../dataplane/types.js';
import type { DirectorSettings } from '../model/director.js';
import type { ChosenDataplane, DataplaneChoice } from './choose-dataplane.js';
import { planeTimeouts } from './plane-timeouts.js';

export interface PlanesOptions extends Omit<ProxyDataplaneOptions, 'clock' | 'timeouts'> {
  readonly clock: Clock;
  readonly director: DirectorSettings;
  readonly chosen: ChosenDataplane<KernelDataplane>;
}

export class Planes {
  readonly choice: DataplaneChoice;
  /** What the controller drives. */
  readonly dataplane: Dataplane;
  /** null where the director has the userspace plane alone. */
  readonly kernel: KernelDataplane | null;
  /** Serves what asks for it, or everything where there is no other. */
  readonly userspace: ProxyDataplane;

  constructor({ director, chosen, ...proxy }: PlanesOptions) {
    const { choice, kernel } = chosen;
    this.choice = choice;
    this.kernel = kernel;
    this.userspace = new ProxyDataplane({ ...proxy, timeouts: planeTimeouts(director) });
    this.dataplane =
      kernel === null ? this.userspace : new CompositeDataplane({ kernel, proxy: this.userspace });
  }

  /** Takes over the settings of a new configuration that are the userspace plane's own. */
  configure(director: DirectorSettings): void {
    this.userspace.configure(planeTimeouts(director));
  }
}
