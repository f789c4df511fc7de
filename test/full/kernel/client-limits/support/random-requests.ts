/** A history of changes of which a known part must fail, and a model of the table that tells which and how. */
import type { IpvsErrorCode } from '../../../../../native/ipvs/errors.js';
import { formatDestinationKey, formatServiceKey } from '../../../../../native/ipvs/keys.js';
import type {
  IpvsDestinationConfig,
  IpvsRequest,
  IpvsServiceConfig,
} from '../../../../../native/ipvs/types.js';
import { destination, fwmarkService, keyOf, tcpService } from '../../../../kernel/support/ipvs-client.js';
import { seededRandom, type SeededRandom } from '../../../../support/random.js';

export interface Step {
  readonly request: IpvsRequest;
  /** Null for success. */
  readonly code: IpvsErrorCode | null;
}

/** `tcp:192.0.2.1:80` to scheduler; below it `10.0.0.1:80` to weight, newest first. */
export type ModelTable = ReadonlyMap<
  string,
  { readonly scheduler: string; readonly weights: ReadonlyMap<string, number> }
>;

interface ModelService {
  scheduler: string;
  readonly destinations: Map<string, number>;
}

/** Few enough that requests meet one another. */
const services: readonly IpvsServiceConfig[] = Array.from({ length: 60 }, (_, index) => {
  if (index % 10 === 9) return fwmarkService(index % 20 === 19 ? 'ipv6' : 'ipv4', index);
  return tcpService(index % 3 === 0 ? `2001:db8::${index + 1}` : `192.0.2.${index}`, 80 + index);
});
const schedulers = ['rr', 'wrr', 'wlc', 'sh', 'mh', 'lblcr', 'none'];

/** Rules of the kernel in a few lines; shares nothing with what it judges. */
class Model {
  readonly services = new Map<string, ModelService>();

  /** What the request gives, and is done to the model unless it fails. */
  run(request: IpvsRequest, commit: boolean): IpvsErrorCode | null {
    switch (request.command) {
      case 'add-service':
      case 'edit-service':
        return this.#setService(request.command === 'add-service', request.service, commit);
      case 'delete-service': {
        const key = formatServiceKey(request.service);
        if (!this.services.has(key)) return 'ERR_IPVS_SERVICE_UNKNOWN';
        if (commit) this.services.delete(key);
        return null;
      }
      case 'add-destination':
      case 'edit-destination':
      case 'delete-destination':
        return this.#changeDestination(request, commit);
      case 'zero':
        if (request.service === null || this.services.has(formatServiceKey(request.service))) return null;
        return 'ERR_IPVS_SERVICE_UNKNOWN';
      case 'flush':
        if (commit) this.services.clear();
        return null;
      case 'set-timeouts':
        return request.timeouts.tcpSec > 2 ** 31 - 1 ? 'ERR_IPVS_INVALID' : null;
      case 'start-daemon':
        return 'ERR_IPVS_INTERFACE_UNKNOWN';
      case 'stop-daemon':
        return 'ERR_IPVS_DAEMON_NOT_RUNNING';
    }
  }

  /** The kernel judges the family's rules first, then whether the service is there, then the scheduler. */
  #setService(isNew: boolean, service: IpvsServiceConfig, commit: boolean): IpvsErrorCode | null {
    const key = formatServiceKey(service);
    const known = this.services.get(key);
    if (isNew && known !== undefined) return 'ERR_IPVS_SERVICE_EXISTS';
    if (!isNew && known === undefined) return 'ERR_IPVS_SERVICE_UNKNOWN';
    if (service.scheduler === 'nosuch') return 'ERR_IPVS_SCHEDULER_UNKNOWN';
    if (service.family === 'ipv6' && (service.netmask < 1 || service.netmask > 128))
      return 'ERR_IPVS_INVALID';
    if (commit) {
      if (known === undefined) {
        this.services.set(key, { scheduler: service.scheduler, destinations: new Map() });
      } else known.scheduler = service.scheduler;
    }
    return null;
  }

  #changeDestination(
    request: Extract<IpvsRequest, { destination: unknown }>,
    commit: boolean,
  ): IpvsErrorCode | null {
    const known = this.services.get(formatServiceKey(request.service))?.destinations;
    if (known === undefined) return 'ERR_IPVS_SERVICE_UNKNOWN';
    const key = formatDestinationKey(request.destination);
    if (request.command === 'delete-destination') {
      if (!known.has(key)) return 'ERR_IPVS_DESTINATION_UNKNOWN';
      if (commit) known.delete(key);
      return null;
    }
    const { weight, upperThreshold, lowerThreshold } = request.destination;
    if (weight < 0 || lowerThreshold > upperThreshold) return 'ERR_IPVS_OUT_OF_RANGE';
    if (request.command === 'add-destination' && known.has(key)) return 'ERR_IPVS_DESTINATION_EXISTS';
    if (request.command === 'edit-destination' && !known.has(key)) return 'ERR_IPVS_DESTINATION_UNKNOWN';
    if (commit) known.set(key, weight);
    return null;
  }
}

/** `count` requests, of which about a third fails when they are run on an empty table. */
export function randomHistory(seed: number, count: number): { steps: Step[]; table: ModelTable } {
  const random = seededRandom(seed);
  const model = new Model();
  const steps: Step[] = [];
  while (steps.length < count) {
    const wantsFailure = random.chance(1 / 3);
    let request = randomRequest(random);
    for (let tries = 0; tries < 50 && (model.run(request, false) !== null) !== wantsFailure; tries++) {
      request = randomRequest(random);
    }
    steps.push({ request, code: model.run(request, true) });
  }
  const table = new Map(
    [...model.services].map(([key, { scheduler, destinations }]) => [
      key,
      { scheduler, weights: new Map([...destinations].reverse()) },
    ]),
  );
  return { steps, table };
}

function randomRequest(random: SeededRandom): IpvsRequest {
  const service = random.pick(services);
  const key = keyOf(service);
  const draw = random.int(1, 1000);
  if (draw === 1) return { command: 'flush' };
  if (draw <= 10) return { command: 'zero', service: random.chance(0.5) ? key : null };
  if (draw <= 20) {
    const tcpSec = random.pick([0, 60, 2 ** 32 - 1]);
    return { command: 'set-timeouts', timeouts: { tcpSec, tcpFinSec: 0, udpSec: 0 } };
  }
  if (draw <= 25) return { command: 'stop-daemon', role: random.pick(['master', 'backup']) };
  if (draw <= 30) {
    return { command: 'start-daemon', daemon: { role: 'master', interface: 'nosuch0', syncId: 1 } };
  }
  // rare, since the kernel starts modprobe for each
  if (draw <= 32) {
    const command = random.pick(['add-service', 'edit-service'] as const);
    return { command, service: { ...service, scheduler: 'nosuch' } };
  }
  if (draw <= 60) return { command: 'delete-service', service: key };
  if (draw <= 350) {
    const netmask = service.family === 'ipv6' ? random.pick([128, 64, 0, 129]) : 0xffffff00;
    const command = random.pick(['add-service', 'edit-service'] as const);
    return { command, service: { ...service, netmask, scheduler: random.pick(schedulers) } };
  }
  const command = random.pick(['add-destination', 'edit-destination', 'delete-destination'] as const);
  return { command, service: key, destination: randomDestination(random, service) };
}

function randomDestination(random: SeededRandom, service: IpvsServiceConfig): IpvsDestinationConfig {
  const host = random.int(1, 30);
  return destination(service.family === 'ipv6' ? `2001:db8:1::${host}` : `10.0.0.${host}`, 8080, {
    weight: random.pick([-1, 0, 1, 5, 65535, 2 ** 31 - 1]),
    upperThreshold: random.pick([0, 10, 20]),
    lowerThreshold: random.pick([0, 0, 0, 15]),
    forwarding: random.pick(['masq', 'droute', 'tunnel']),
  });
}
