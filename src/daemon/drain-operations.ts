/** Drains and maintenance as the admin API sees them: servers by name become orders by key, and orders become lines. */
import type {
  DrainRequest,
  DrainsAnswer,
  MaintenanceRequest,
  OrderAnswer,
  OrderLine,
  ServerRequest,
} from '../api/drain-protocol.js';
import { ApiError } from '../api/errors.js';
import type { Reconciler } from '../controller/reconciler.js';
import type { RoundResult } from '../controller/round-scheduler.js';
import { canStandAside, fallbackFlag } from '../model/hash-fallback.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import { findServers, type FoundServer } from './find-servers.js';
import { requireServers } from './named-servers.js';
import { tellFailures } from './noted-orders.js';
import { OrderLines, type Subject } from './order-lines.js';

export interface DrainOperationsOptions {
  readonly reconciler: Pick<Reconciler, 'decision' | 'drains' | 'services' | 'states'>;
  /** Settles when the orders are durable, or cannot be, which is told elsewhere. */
  readonly saveOverrides: () => Promise<void>;
}

const CONFLICT = 409;

/** With these a server of weight 0 keeps its share of the clients, who are turned away. */
const TURNS_AWAY = 'keeps its share of clients, who are turned away while it drains';

export class DrainOperations {
  readonly #options: DrainOperationsOptions;

  constructor(options: DrainOperationsOptions) {
    this.#options = options;
  }

  list(): DrainsAnswer {
    return { servers: this.#lines().all };
  }

  async drain({ service, server, timeoutMs, dryRun }: DrainRequest, by: string): Promise<OrderAnswer> {
    const found = this.#found(service, server);
    const warnings = found.flatMap(warningOf);
    const { drains } = this.#options.reconciler;
    const order = (subject: Subject): Promise<RoundResult | null> =>
      drains.drain(subject.service, subject.server, { by, timeoutMs });
    const answer = await this.#order('drain', found.map(subjectOf), dryRun, order);
    return { ...answer, warnings };
  }

  async undrain({ service, server, dryRun }: ServerRequest, by: string): Promise<OrderAnswer> {
    const found = this.#found(service, server);
    const { drains, states } = this.#options.reconciler;
    for (const each of found) {
      const order = states.maintenance.get(each.service.key)?.get(each.server.key);
      if (order !== undefined)
        throw conflict(
          `undrain ${nameOf(each)}: it is in maintenance by ${order.by}; lvsd maintenance off ${nameOf(each)}`,
          'ERR_SERVER_IN_MAINTENANCE',
        );
    }
    return this.#order('undrain', found.map(subjectOf), dryRun, (subject) =>
      drains.undrain(subject.service, subject.server, by),
    );
  }

  async setMaintenance(request: MaintenanceRequest, by: string): Promise<OrderAnswer> {
    const { service, server, on, reason = '', dryRun } = request;
    const { drains } = this.#options.reconciler;
    if (!on)
      return this.#order('maintenance off', this.#maintained(service, server), dryRun, (subject) =>
        drains.endMaintenance(subject.service, subject.server, by),
      );
    const found = this.#found(service, server);
    const subjects = found.map(subjectOf);
    const answer = await this.#order('maintenance on', subjects, dryRun, (subject) =>
      drains.beginMaintenance(subject.service, subject.server, { by, reason }),
    );
    return { ...answer, warnings: found.flatMap(warningOf) };
  }

  /** @throws ApiError ERR_SERVER_DRAINING when a weight would do nothing, for an order has taken the server out */
  refuseWeight(found: readonly FoundServer[]): void {
    const { states } = this.#options.reconciler;
    for (const each of found) {
      const keys = [each.service.key, each.server.key] as const;
      const [drain, maintenance] = [states.drains.get(keys[0])?.get(keys[1]), inMaintenance(states, ...keys)];
      const [why, cure] =
        maintenance === undefined
          ? [`${drain?.end === null ? 'is draining' : 'has been drained'} by ${drain?.by}`, 'undrain']
          : [`is in maintenance by ${maintenance.by}`, 'maintenance off'];
      if (drain !== undefined || maintenance !== undefined)
        throw conflict(
          `set weight of ${nameOf(each)}: it ${why}, so its weight is 0; lvsd ${cure} ${nameOf(each)}`,
          'ERR_SERVER_DRAINING',
        );
    }
  }

  async #order(
    what: string,
    subjects: readonly Subject[],
    dryRun: boolean,
    order: (subject: Subject) => Promise<RoundResult | null>,
  ): Promise<OrderAnswer> {
    const { drains } = this.#options.reconciler;
    const lines = this.#lines();
    if (dryRun)
      return { servers: subjects.map((subject) => ({ ...lines.of(subject), changed: false })), warnings: [] };
    const before = subjects.map((subject) => JSON.stringify(lines.of(subject)));
    const results = await Promise.all(subjects.map(order));
    await Promise.all([this.#options.saveOverrides(), drains.count()]);
    tellFailures(what, results);
    const after = this.#lines();
    const servers = subjects.map((subject, index) => {
      const line = after.of(subject);
      // Who was held back only is released by an undrain, and the line does not tell of that.
      const isOther = what === 'undrain' || JSON.stringify(line) !== before[index];
      return { ...line, changed: results[index] !== null && isOther };
    });
    return { servers, warnings: [] };
  }

  #found(service: string | undefined, server: string): readonly FoundServer[] {
    const { services } = this.#options.reconciler;
    const leaves = this.#lines().all.find(
      (line) => !line.configured && isMeant(line, service, server) && line.maintenance === null,
    );
    if (leaves !== undefined && findServers(services, service, server).length === 0)
      throw conflict(
        `find server ${server}: it is not in the file any more and drains for that; write it back into the file to keep it`,
        'ERR_SERVER_NOT_IN_FILE',
      );
    return requireServers(services, service, server);
  }

  /** Also servers that are not in the file; with none in maintenance those that the file has, which are then unchanged. */
  #maintained(service: string | undefined, server: string): readonly Subject[] {
    const { services } = this.#options.reconciler;
    const configured = findServers(services, service, server).map(subjectOf);
    const others = this.#lines()
      .all.filter((line) => !line.configured && line.maintenance !== null && isMeant(line, service, server))
      .map((line) => ({ service: line.serviceKey, server: line.serverKey }));
    return configured.length + others.length > 0
      ? [...configured, ...others]
      : requireServers(services, service, server).map(subjectOf);
  }

  #lines(): OrderLines {
    const { reconciler } = this.#options;
    const { services, drains } = reconciler;
    return new OrderLines(services, drains.list(), (service, server) => reconciler.decision(service, server));
  }
}

function inMaintenance({ maintenance }: Reconciler['states'], service: ServiceKey, server: ServerKey) {
  return maintenance.get(service)?.get(server);
}

function subjectOf({ service, server }: FoundServer): Subject {
  return { service: service.key, server: server.key };
}

function nameOf({ service, server }: FoundServer): string {
  return `${service.name}/${server.name}`;
}

/** What the file does not know any more goes by its keys as well. */
function isMeant(line: OrderLine, service: string | undefined, server: string): boolean {
  if (service !== undefined && line.service !== service && line.serviceKey !== service) return false;
  const address = line.serverKey.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return [line.server, line.serverKey, address].includes(server);
}

function warningOf({ service, server }: FoundServer): readonly string[] {
  const { scheduler } = service.settings;
  if (canStandAside(service.settings)) return [];
  const flag = fallbackFlag(scheduler) ?? null;
  const without = flag === null ? '' : ` without the flag ${flag}`;
  return [`${service.name}/${server.name}: with the scheduler ${scheduler}${without} it ${TURNS_AWAY}`];
}

function conflict(message: string, code: string): ApiError {
  return new ApiError(message, { code, details: { status: CONFLICT } });
}
