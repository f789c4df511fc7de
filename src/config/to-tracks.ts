/** What instances of the file depend on, in the domain's terms. Input is valid; nothing is judged here. */
import type { CheckTrack, HostLimit, HostTrack, Track, TrackTarget } from '../model/track.js';
import type { TrackedInterface } from '../model/vrrp-instance.js';
import { NO_FILES, type CheckFiles } from './check-files.js';
import type { InstanceConfig } from './schema/ha.js';
import type { HostConfig, TrackConfig } from './schema/ha-track.js';
import { toCheck } from './to-check.js';

interface Weighed {
  readonly weight?: number | undefined;
}

export function toTrackedInterfaces({ track, interface: own }: InstanceConfig): readonly TrackedInterface[] {
  return (track?.interfaces ?? [])
    .filter((each) => each.interface !== own)
    .map((each) => ({ interface: each.interface, weight: each.weight ?? null }));
}

/** All but interfaces. @param files those of the instance's checks, in the order of the file */
export function toTracks({ name: instance, track }: InstanceConfig, files: readonly CheckFiles[]): Track[] {
  const { services = [], processes = [], checks = [], host = {} } = track ?? {};
  const base = (name: string, { weight = null }: { readonly weight?: number | null | undefined }) => ({
    instance,
    name,
    weight,
  });
  return [
    ...services.map((each) => ({ kind: 'service' as const, ...base(each.service, each) })),
    ...processes.map((each) => ({ kind: 'process' as const, ...base(each.name, each) })),
    ...checks.flatMap((each, index) => toCheckTrack(instance, each, files[index] ?? NO_FILES)),
    ...hostLimits(host).map(({ limit, weight }): HostTrack => ({
      kind: 'host',
      ...base(nameOf(limit), { weight }),
      limit,
    })),
  ];
}

function toCheckTrack(
  instance: string,
  { name, weight, address, check }: NonNullable<TrackConfig['checks']>[number],
  files: CheckFiles,
): readonly CheckTrack[] {
  if (check.type === 'none') return [];
  const target: TrackTarget | null =
    address === undefined
      ? null
      : { family: address.family, address: address.text, port: address.port === 0 ? null : address.port };
  return [{ kind: 'check', instance, name, weight: weight ?? null, check: toCheck(check, files), target }];
}

function hostLimits(host: HostConfig): readonly (Weighed & { readonly limit: HostLimit })[] {
  const { load, memory, disk = [], read_only: readOnly = [], clock_step: step } = host;
  const limits: (Weighed & { readonly limit: HostLimit })[] = [];
  if (load !== undefined) limits.push({ limit: { of: 'load', above: load.above }, weight: load.weight });
  if (memory !== undefined)
    limits.push({ limit: { of: 'memory', free: memory.free }, weight: memory.weight });
  for (const { path, free, weight } of disk) limits.push({ limit: { of: 'disk', path, free }, weight });
  for (const { path, weight } of readOnly) limits.push({ limit: { of: 'read_only', path }, weight });
  if (step !== undefined)
    limits.push({ limit: { of: 'clock_step', aboveMs: step.above }, weight: step.weight });
  return limits;
}

function nameOf(limit: HostLimit): string {
  return 'path' in limit ? `${limit.of} ${limit.path}` : limit.of;
}
