/** What instances depend on: that it exists, once, and that its weights leave something of the priority. */
import type { Draft } from '../draft.js';
import { nameHint } from '../name-hint.js';
import type { Path } from '../path.js';
import type { TrackConfig } from '../schema/ha-track.js';
import { judgeTrackedCheck } from './ha-tracked-checks.js';
import { OWNER_PRIORITY, type InstanceRule, type JudgedInstance } from './ha-rule.js';
import type { Verdicts } from './rule.js';

/** One entry, at its path below the instance. */
interface Tracked {
  readonly at: Path;
  /** Equal for two that watch the same thing. */
  readonly name: string;
  readonly weight: number | undefined;
}

function trackedOf(track: TrackConfig): readonly Tracked[] {
  const { interfaces = [], services = [], processes = [], checks = [], host = {} } = track;
  const { load, memory, disk = [], read_only: readOnly = [], clock_step: step } = host;
  return [
    ...interfaces.map((each, index) => entry(['interfaces', index], `interface ${each.interface}`, each)),
    ...services.map((each, index) => entry(['services', index], `service ${each.service}`, each)),
    ...processes.map((each, index) => entry(['processes', index], `process ${each.name}`, each)),
    ...checks.map((each, index) => entry(['checks', index], `check ${each.name}`, each)),
    ...(load === undefined ? [] : [entry(['host', 'load'], 'load', load)]),
    ...(memory === undefined ? [] : [entry(['host', 'memory'], 'memory', memory)]),
    ...disk.map((each, index) => entry(['host', 'disk', index], `disk ${each.path}`, each)),
    ...readOnly.map((each, index) => entry(['host', 'read_only', index], `read_only ${each.path}`, each)),
    ...(step === undefined ? [] : [entry(['host', 'clock_step'], 'clock_step', step)]),
  ];
}

function entry(below: Path, name: string, { weight }: { readonly weight?: number | undefined }): Tracked {
  return { at: ['track', ...below], name, weight };
}

const twice: InstanceRule = ({ config, spot }, verdicts) => {
  const seen = new Set<string>();
  for (const { at, name } of trackedOf(config.track ?? {})) {
    if (seen.has(name))
      verdicts.refuse(spot, at, {
        rule: 'duplicate-track',
        message: `${name} stands here twice`,
        hint: 'keep one',
      });
    seen.add(name);
  }
};

/** It is told of no advertisement there, whatever the file says. */
const ownInterface: InstanceRule = ({ config, spot }, verdicts) => {
  for (const [index, { interface: device, weight }] of (config.track?.interfaces ?? []).entries()) {
    if (device !== config.interface) continue;
    const at = ['track', 'interfaces', index];
    const hint = 'remove it';
    if (weight === undefined) {
      const message = `${device} is the instance's own interface, which is always tracked`;
      verdicts.warn(spot, at, { rule: 'no-effect', message, hint });
    } else {
      const message = `${device} is the instance's own interface: without it the instance is in fault, whatever its weight`;
      verdicts.refuse(spot, at, { rule: 'track-own-interface', message, hint });
    }
  }
};

const weights: InstanceRule = ({ config, spot }, verdicts) => {
  const { priority, track } = config;
  const weighed = trackedOf(track ?? {}).filter(({ weight }) => weight !== undefined);
  const [first] = weighed;
  if (first === undefined) return;
  if (priority === OWNER_PRIORITY) {
    for (const { at, name } of weighed)
      verdicts.refuse(spot, at, {
        rule: 'owner-weight',
        message: `${name} has a weight, and the priority of the owner of the addresses (255) is always the same`,
        hint: 'remove the weight: it is in fault then; or write a priority below 255',
      });
    return;
  }
  const sum = weighed.reduce((total, { weight = 0 }) => total + weight, 0);
  if (priority + sum >= 1) return;
  verdicts.warn(spot, weighed.length === 1 ? first.at : ['track'], {
    rule: 'track-weights',
    message: `${weighed.length === 1 ? 'the weight is' : 'all weights together are'} ${sum}, and the priority ${priority}: it goes no lower than 1`,
    hint: 'two directors that both stand at 1 are told apart by their addresses alone',
  });
};

const checks: InstanceRule = (instance, verdicts) => {
  for (const [index, tracked] of (instance.config.track?.checks ?? []).entries())
    judgeTrackedCheck(tracked, ['track', 'checks', index], instance.spot, verdicts);
};

export const TRACK_RULES: readonly InstanceRule[] = [twice, ownInterface, weights, checks];

/** Services that instances depend on, against those of all files. Never throws. */
export function judgeTrackedServices(
  { serviceNames }: Pick<Draft, 'serviceNames'>,
  instances: readonly JudgedInstance[],
  verdicts: Verdicts,
): void {
  // What could not be read may be missing for that reason alone.
  if (serviceNames === null) return;
  const names = new Set(serviceNames);
  for (const { config, spot } of instances) {
    for (const [index, { service }] of (config.track?.services ?? []).entries()) {
      if (names.has(service)) continue;
      const message = `there is no service "${service}"${nameHint(service, serviceNames)}`;
      verdicts.refuse(spot, ['track', 'services', index], { rule: 'unknown-service', message });
    }
  }
}
