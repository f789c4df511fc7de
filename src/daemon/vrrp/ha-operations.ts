/** Orders about instances of VRRP as the admin API takes them: which instances are meant, and what speaks against it. */
import { ApiError } from '../../api/errors.js';
import type { HaMove, HaOrderAnswer, HaOrderRequest } from '../../api/ha-protocol.js';
import { nameHint } from '../../config/name-hint.js';
import type { HaStatus, InstanceStatus } from '../../model/ha-status.js';
import type { OrderResult, OrderVerb } from './ha-orders.js';

/** What of the director's side of instances this needs. */
export interface OrderedSide {
  readonly status: HaStatus | null;
  order(verb: OrderVerb, instance: string, by: string): Promise<OrderResult>;
}

const NOT_FOUND = 404;
const CONFLICT = 409;

/**
 * Moves instances, those of a group together, and waits until they have moved or stay.
 *
 * @param by who asks, for people
 * @throws ApiError ERR_NO_SUCH_INSTANCE; ERR_HA_REFUSED when none can move so; ERR_HA_UNSURE without force
 */
export async function orderInstances(
  side: OrderedSide,
  { verb, instance, force }: HaOrderRequest,
  by: string,
): Promise<HaOrderAnswer> {
  const { status } = side;
  const meant = meantBy(status, verb, instance);
  refuseUnlessRunning(status, verb, instance);
  refuseUnlessMovable(meant, verb, instance);
  if (!force) throw unsure(meant, verb, instance);
  const units = unitsOf(meant, status?.instances ?? []);
  const moves = await Promise.all(units.map((unit) => move(side, verb, unit, by)));
  return { verb, moves };
}

/** Instances that move together: the first is the one that is told. */
interface Unit {
  readonly told: string;
  readonly instances: readonly string[];
  readonly group: string | null;
}

/** @throws ApiError ERR_NO_SUCH_INSTANCE */
function meantBy(
  status: HaStatus | null,
  verb: OrderVerb,
  name: string | undefined,
): readonly InstanceStatus[] {
  const instances = status?.instances ?? [];
  if (instances.length === 0)
    throw noSuchInstance(`${verb} ${name ?? 'instances'}: the configuration has none; they stand below ha`);
  if (name === undefined) return instances.filter((each) => obstacleOf(verb, each) === null);
  const found = instances.filter(({ instance }) => instance === name);
  if (found.length > 0) return found;
  const member = instances.find(({ group }) => group === name);
  if (member !== undefined)
    throw noSuchInstance(
      `${verb} ${name}: that is a group; it moves as a whole by --instance ${member.instance}`,
    );
  const names = instances.map(({ instance }) => instance);
  throw noSuchInstance(`${verb} ${name}: there is no instance of that name${nameHint(name, names)}`);
}

function refuseUnlessRunning(status: HaStatus | null, verb: OrderVerb, name = 'instances'): void {
  if (status === null || status.process.running) return;
  throw refused(`${verb} ${name}: lvsd-vrrp does not run: ${status.process.reason}`);
}

function refuseUnlessMovable(
  meant: readonly InstanceStatus[],
  verb: OrderVerb,
  name: string | undefined,
): void {
  if (name === undefined && meant.length === 0) {
    const state = verb === 'release' ? 'active' : 'backup';
    throw refused(`${verb} instances: none is ${state} here; lvsd ha status tells why`);
  }
  const obstacle = meant.map((each) => obstacleOf(verb, each)).find((text) => text !== null);
  if (obstacle !== undefined) throw refused(`${verb} ${name ?? 'instances'}: ${obstacle}`);
}

/** Why the instance cannot move so; null = it can. */
function obstacleOf(verb: OrderVerb, { state, reason, peer }: InstanceStatus): string | null {
  if (state === (verb === 'release' ? 'active' : 'backup')) return null;
  switch (state) {
    case 'active':
      return 'it is active here already';
    case 'backup':
      return `it is not active here, but backup${peer === null ? '' : `; ${peer.address} was heard to be active`}`;
    case 'fault':
      return `it is in fault: ${reason}`;
    case 'initialize':
      return `it takes no part: ${reason}`;
  }
}

/** What only the other director knows. */
function unsure(meant: readonly InstanceStatus[], verb: OrderVerb, name: string | undefined): ApiError {
  const whom = name ?? meant.map(({ instance }) => instance).join(', ');
  const option = name === undefined ? '' : ` --instance ${name}`;
  const doubt =
    verb === 'release'
      ? 'nobody here can say whether another director has its table programmed and its connections in sync'
      : 'nobody here can say whether the connections of the active director are in sync with this one';
  const look = verb === 'release' ? 'look at lvsd ha status and lvsd status there' : 'look at both directors';
  return new ApiError(`${verb} ${whom}: ${doubt}: ${look}, then lvsd ha ${verb}${option} --force`, {
    code: 'ERR_HA_UNSURE',
    details: { status: CONFLICT },
  });
}

function unitsOf(meant: readonly InstanceStatus[], all: readonly InstanceStatus[]): readonly Unit[] {
  const units = new Map<string, Unit>();
  for (const { instance, group } of meant) {
    const key = group === null ? `instance ${instance}` : `group ${group}`;
    if (units.has(key)) continue;
    const together = group === null ? [instance] : namesOf(all.filter((each) => each.group === group));
    units.set(key, { told: instance, instances: together, group });
  }
  return [...units.values()];
}

function namesOf(instances: readonly InstanceStatus[]): readonly string[] {
  return instances.map(({ instance }) => instance);
}

async function move(side: OrderedSide, verb: OrderVerb, unit: Unit, by: string): Promise<HaMove> {
  const { told, instances, group } = unit;
  const before = peerOf(side, told);
  const { error, gapMs } = await side.order(verb, told, by);
  const peer = verb === 'release' ? peerOf(side, told) : before;
  return { instances, group, peer, gapMs, error };
}

function peerOf({ status }: OrderedSide, name: string): string | null {
  return status?.instances.find(({ instance }) => instance === name)?.peer?.address ?? null;
}

function noSuchInstance(message: string): ApiError {
  return new ApiError(message, { code: 'ERR_NO_SUCH_INSTANCE', details: { status: NOT_FOUND } });
}

function refused(message: string): ApiError {
  return new ApiError(message, { code: 'ERR_HA_REFUSED', details: { status: CONFLICT } });
}
