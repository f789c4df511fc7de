/** A host in memory, and a record in memory: as much of the kernel as setup and undo can see. */
import type { RealServerRecord, RecordStore } from '../../../../src/host/realserver/record.js';
import { formatRecord, parseRecord } from '../../../../src/host/realserver/record.js';
import { routeText } from '../../../../src/host/realserver/describe.js';
import type {
  DefaultRoute,
  HostAddress,
  HostIdentity,
  HostLink,
  Observed,
  RealServerHost,
  ReceivingPort,
  Step,
  UndoStep,
} from '../../../../src/host/realserver/types.js';

/** What the kernel makes with a module. */
const madeBy: Readonly<Record<string, string>> = {
  ipip: 'tunl0',
  sit: 'sit0',
  ip6_tunnel: 'ip6tnl0',
  ip_gre: 'gre0',
  ip6_gre: 'ip6gre0',
};

export class FakeHost implements RealServerHost {
  links: HostLink[] = [
    { name: 'lo', up: true, kind: null, silent: true },
    { name: 'eth0', up: true, kind: null, silent: false },
  ];
  addresses: HostAddress[] = [
    { family: 'ipv4', text: '127.0.0.1', prefixLength: 8, device: 'lo' },
    { family: 'ipv4', text: '10.0.0.5', prefixLength: 24, device: 'eth0' },
    { family: 'ipv6', text: 'fd00::5', prefixLength: 64, device: 'eth0' },
  ];
  routes: DefaultRoute[] = [];
  ports: ReceivingPort[] = [];
  encapsulation = false;
  sysctls = new Map<string, string>([
    ['net/ipv4/conf/all/arp_ignore', '0'],
    ['net/ipv4/conf/all/arp_announce', '0'],
    ['net/ipv4/conf/all/accept_redirects', '1'],
  ]);
  id: HostIdentity = { bootId: 'boot-1', namespace: 'net:[1]' };
  /** Why a module cannot be unloaded. */
  use: string | null = null;
  /** Everything that was done, in order. */
  readonly applied: (Step | UndoStep)[] = [];
  /** Called before each step; may throw. */
  beforeStep: (step: Step | UndoStep) => void = () => undefined;

  constructor() {
    this.sysctls.set('net/ipv4/conf/all/rp_filter', '0');
    for (const name of ['default', 'lo', 'eth0']) this.#settingsOf(name);
  }

  observe(): Observed {
    const { links, addresses, routes, ports, encapsulation, sysctls } = this;
    return structuredClone({ links, addresses, routes, ports, encapsulation, sysctls });
  }

  /** All that undo must bring back, in an order of its own. */
  state(): unknown {
    const { links, addresses, routes, ports, encapsulation, sysctls } = this.observe();
    const sorted = (list: readonly object[]): string[] => list.map((entry) => JSON.stringify(entry)).sort();
    return {
      links: sorted(links),
      addresses: sorted(addresses),
      routes: sorted(routes),
      ports: sorted(ports),
      encapsulation,
      sysctls: [...sysctls].sort(),
    };
  }

  apply(step: Step | UndoStep): void {
    this.beforeStep(step);
    this.applied.push(step);
    switch (step.kind) {
      case 'load-module':
        if (step.module === 'fou') this.encapsulation = true;
        else this.#addLink(madeBy[step.module]!, step.module);
        break;
      case 'unload-module':
        if (step.module === 'fou') this.encapsulation = false;
        else this.#removeLink(madeBy[step.module]!);
        break;
      case 'create-link':
        this.#addLink(step.link, 'dummy');
        break;
      case 'delete-link':
        this.#removeLink(step.link);
        break;
      case 'raise-link':
      case 'lower-link':
        this.#setUp(step.link, step.kind === 'raise-link');
        break;
      case 'write-sysctl':
        this.sysctls.set(step.path, step.value);
        break;
      case 'add-port':
        this.ports.push({ family: step.family, port: step.port, gue: true });
        break;
      case 'delete-port':
        this.ports = this.ports.filter(({ family, port }) => family !== step.family || port !== step.port);
        break;
      case 'add-address':
        this.addresses.push({
          ...step.address,
          prefixLength: step.address.family === 'ipv4' ? 32 : 128,
          device: step.device,
        });
        break;
      case 'delete-address':
        this.addresses = this.addresses.filter(
          ({ text, device }) => text !== step.address.text || device !== step.device,
        );
        break;
      case 'add-route':
        this.routes.unshift(defaultRoute(step.family, step.gateway, step.metric));
        break;
      case 'delete-route':
        this.routes = this.routes.filter(
          ({ gateway, metric }) => gateway !== step.gateway || metric !== step.metric,
        );
        break;
      case 'remove-route':
        this.routes = this.routes.filter(({ saved }) => saved !== step.saved);
        break;
      case 'restore-route':
        this.routes.push({ ...(JSON.parse(step.saved) as DefaultRoute), saved: step.saved });
    }
  }

  moduleUse(): string | null {
    return this.use;
  }

  identity(): HostIdentity {
    return this.id;
  }

  #addLink(name: string, kind: string): void {
    this.links.push({ name, kind, up: false, silent: true });
    this.#settingsOf(name);
  }

  #removeLink(name: string): void {
    this.links = this.links.filter((link) => link.name !== name);
    this.addresses = this.addresses.filter(({ device }) => device !== name);
    for (const path of [...this.sysctls.keys()]) {
      if (path.includes(`/conf/${name}/`)) this.sysctls.delete(path);
    }
  }

  #setUp(name: string, up: boolean): void {
    this.links = this.links.map((link) => (link.name === name ? { ...link, up } : link));
  }

  /** A new interface begins with the default. */
  #settingsOf(name: string): void {
    const filter = this.sysctls.get('net/ipv4/conf/default/rp_filter') ?? '0';
    this.sysctls.set(`net/ipv4/conf/${name}/rp_filter`, filter);
    this.sysctls.set(`net/ipv4/conf/${name}/accept_redirects`, '1');
    this.sysctls.set(`net/ipv6/conf/${name}/accept_redirects`, '1');
    this.sysctls.set(`net/ipv6/conf/${name}/disable_ipv6`, '0');
  }
}

/** A default route as the fake saves it: as its own description. */
export function defaultRoute(
  family: DefaultRoute['family'],
  gateway: string,
  metric: number,
  device = 'eth0',
): DefaultRoute {
  const plain = { family, gateway, metric, device, text: routeText({ gateway, device, metric }) };
  return { ...plain, saved: JSON.stringify(plain) };
}

/** A record that goes through its text form each time. */
export class MemoryStore implements RecordStore {
  readonly path = '/state/realserver.json';
  text: string | null = null;
  /** Throws instead of saving. */
  failure: Error | null = null;

  load(): RealServerRecord | null {
    return this.text === null ? null : parseRecord(this.text);
  }

  save(record: RealServerRecord | null): void {
    if (this.failure !== null) throw this.failure;
    this.text = record === null ? null : formatRecord(record);
  }
}
