/** A director of the lab under checks by way of a service, and what it says of their servers. */
import { ApiClient } from '../../../../src/api/client.js';
import { realClock } from '../../../../src/base/clock.js';
import type { ServerStatus } from '../../../../src/model/snapshot.js';
import type { Lab, LabDirector } from '../../../kernel/lab/lab.js';
import { LvsdProgram } from '../../../kernel/lab/lvsd-program.js';
import { until } from '../../../kernel/support/until.js';

const PATIENCE_S = 60;

/** As the file has it. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** A director and what it says. */
export class Watcher {
  readonly director: LabDirector;
  readonly lvsd: LvsdProgram;
  readonly api: ApiClient;

  constructor(lab: Lab, director: LabDirector) {
    this.director = director;
    this.lvsd = new LvsdProgram(lab, director);
    this.api = new ApiClient(this.lvsd.socket, { clock: realClock, uid: 0 });
  }

  /** Waits until the server is as told. */
  server(service: string, name: string, is: (server: ServerStatus) => boolean): Promise<ServerStatus> {
    let last: ServerStatus | undefined;
    return until(`${service}/${name} on ${this.director.name}`, PATIENCE_S, async () => {
      last = await this.#server(service, name);
      return last !== undefined && is(last) ? last : null;
    }).catch((error: unknown) => {
      throw new Error(JSON.stringify(last), { cause: error });
    });
  }

  /** Waits until each server of the service has been probed so often. */
  async afterProbes(count: number): Promise<void> {
    for (const name of ['rs1', 'rs2']) {
      let seenMs: number | null = null;
      let left = count;
      await until(`${count} probes of ${name}`, PATIENCE_S, async () => {
        const checkedAtMs = (await this.#server('true', name))?.checkedAtMs ?? null;
        if (checkedAtMs !== seenMs) left--;
        seenMs = checkedAtMs;
        return left < 0;
      });
    }
  }

  async lastEvent(): Promise<number> {
    const { events } = await this.api.events({ limit: 1 });
    return events.at(-1)?.seq ?? 0;
  }

  table(): string {
    return this.director.namespace.shell('ipvsadm -Ln');
  }

  /** Services by firewall mark: the files have none. */
  probeServices(): number {
    return this.table().match(/^FWM /gm)?.length ?? 0;
  }

  async #server(service: string, name: string): Promise<ServerStatus | undefined> {
    const { services } = await this.api.status();
    const found = services.find((each) => each.name === service);
    return found?.servers.find((each) => each.name === name);
  }
}
