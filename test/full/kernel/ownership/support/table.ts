/** The kernel's table of a namespace as lines that can be compared, and changes that somebody else makes in it. */
import { IpvsClient } from '../../../../../native/ipvs/client.js';
import type { IpvsService, IpvsServiceKey } from '../../../../../native/ipvs/types.js';
import { destination, keyOf, tcpKey, tcpService } from '../../../../kernel/support/ipvs-client.js';

/** Everything of one service but what traffic changes, servers in the kernel's order: one made anew is the first. */
export interface Entry {
  readonly service: string;
  readonly servers: readonly string[];
}

export class Table {
  readonly client: IpvsClient;

  /** Opens that of the calling thread's namespace. */
  constructor() {
    this.client = IpvsClient.open();
  }

  /** By `192.0.2.1:80`. */
  list(): Map<string, Entry> {
    const entries = this.client.services().map((service) => {
      const servers = this.client
        .destinations(keyOf(service))
        .map(
          ({ address, port, forwarding, weight, upperThreshold, lowerThreshold }) =>
            `${address}:${port} ${forwarding} ${weight} ${upperThreshold} ${lowerThreshold}`,
        );
      return [nameOf(service), { service: textOf(service), servers }] as const;
    });
    return new Map(entries.sort(([one], [other]) => one.localeCompare(other)));
  }

  /** Names of the services alone. */
  names(): string[] {
    return [...this.list().keys()];
  }

  /** Servers of one service as `10.9.0.1:80 1`, sorted; null when the service is not there. */
  weights(name: string): string[] | null {
    const entry = this.list().get(name);
    if (entry === undefined) return null;
    return entry.servers
      .map((line) => line.split(' '))
      .map(([server, , weight]) => `${server} ${weight}`)
      .sort();
  }

  /** What another controller makes: `count` services on 203.0.113.0/24, each unlike the next. */
  addForeign(count: number): void {
    const requests = Array.from({ length: count }, (_, index) => {
      const service = tcpService(`203.0.113.${index % 250}`, 1000 + index, {
        scheduler: ['rr', 'wrr', 'sh', 'lc'][index % 4]!,
        ...(index % 5 === 0 ? { flags: 1, timeoutSec: 300 + index } : {}),
      });
      const servers = [1, 2].map((server) =>
        destination(`10.200.${server}.${index % 250}`, 80, {
          weight: index % 7,
          forwarding: index % 2 === 0 ? 'masq' : 'droute',
          // the kernel keeps the port of the service for servers that are not behind NAT
          port: index % 2 === 0 ? 80 : 1000 + index,
        }),
      );
      return [
        { command: 'add-service', service } as const,
        ...servers.map(
          (server) => ({ command: 'add-destination', service: keyOf(service), destination: server }) as const,
        ),
      ];
    });
    for (const error of this.client.batch(requests.flat())) if (error !== null) throw error;
  }

  deleteService(address: string, port: number): void {
    this.client.run({ command: 'delete-service', service: tcpKey(address, port) });
  }

  deleteServer(key: IpvsServiceKey, address: string, port: number): void {
    this.client.run({
      command: 'delete-destination',
      service: key,
      destination: { family: 'ipv4', address, port },
    });
  }

  setWeight(key: IpvsServiceKey, address: string, port: number, weight: number): void {
    this.client.run({
      command: 'edit-destination',
      service: key,
      destination: destination(address, port, { weight }),
    });
  }

  addServer(key: IpvsServiceKey, address: string, port: number, weight = 1): void {
    this.client.run({
      command: 'add-destination',
      service: key,
      destination: destination(address, port, { weight }),
    });
  }

  close(): void {
    this.client.close();
  }
}

function nameOf(service: IpvsServiceKey): string {
  return 'fwmark' in service ? `fwmark ${service.fwmark}` : `${service.address}:${service.port}`;
}

function textOf({ stats: _, ...service }: IpvsService): string {
  return JSON.stringify(service);
}

/** The services named alone, or all but them. */
export function only(table: ReadonlyMap<string, Entry>, prefix: string): Map<string, Entry> {
  return new Map([...table].filter(([name]) => name.startsWith(prefix)));
}
