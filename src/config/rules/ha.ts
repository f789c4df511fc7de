/** Virtual routers by themselves, among one another and against the services. */
import { formatDuration } from '../../base/duration.js';
import { isWritten, placeText, valuePlace, type Draft, type Spot } from '../draft.js';
import { instanceFamily } from '../instance-family.js';
import { ADDRESS_RULES } from './ha-addresses.js';
import { GROUP_RULES, judgeGroups } from './ha-groups.js';
import { judgeWitnesses, LINE_RULES, LINES_RULES } from './ha-lines.js';
import { PRIORITY_RULES } from './ha-priority.js';
import type { InstanceRule, JudgedInstance } from './ha-rule.js';
import { judgeSyncDaemon } from './ha-sync.js';
import { judgeTrackedServices, TRACK_RULES } from './ha-tracks.js';
import { judgeNatGateways } from './nat-gateway.js';
import type { JudgedService, Verdicts } from './rule.js';

const STEP_MS = 10;
/** Twelve bits of centiseconds. */
const LONGEST_V3_MS = 40_950;
const SHORTEST_SAFE_MS = 100;
const LONGEST_PASSWORD_BYTES = 8;
/** What a packet of 1500 bytes holds beside its headers. */
const MOST_IPV6_ADDRESSES = 90;

/** Refuses what contradicts; never throws. */
export function judgeHa(draft: Draft, services: readonly JudgedService[], verdicts: Verdicts): void {
  const { ha } = draft;
  if (ha === null) return;
  const instances = ha.config.instances.map((config, index) => ({
    config,
    spot: { file: ha.spot.file, path: [...ha.spot.path, 'instances', index] },
  }));
  uniqueNames(instances, verdicts);
  uniqueRouters(instances, verdicts);
  uniqueAddresses(instances, verdicts);
  for (const rule of [...LINES_RULES, ...GROUP_RULES]) rule(instances, verdicts);
  for (const instance of instances) for (const rule of RULES) rule(instance, verdicts);
  judgeWitnesses(ha, instances, verdicts);
  judgeGroups(ha, verdicts);
  judgeTrackedServices(draft, instances, verdicts);
  foreignAddresses(instances, services, verdicts);
  judgeNatGateways(
    instances.map(({ config }) => config),
    services,
    verdicts,
  );
  judgeSyncDaemon(ha, services, verdicts);
}

function uniqueNames(instances: readonly JudgedInstance[], verdicts: Verdicts): void {
  const first = new Map<string, JudgedInstance>();
  for (const instance of instances) {
    const { name } = instance.config;
    const other = first.get(name);
    if (other === undefined) first.set(name, instance);
    else {
      verdicts.refuse(instance.spot, ['name'], {
        rule: 'duplicate-instance',
        message: `the instance "${name}" is defined a second time, first at ${placeText(valuePlace(other.spot, 'name'))}`,
      });
    }
  }
}

/** Whoever hears an advertisement knows the virtual router by interface, family and number alone. */
function uniqueRouters(instances: readonly JudgedInstance[], verdicts: Verdicts): void {
  const first = new Map<string, JudgedInstance>();
  for (const instance of instances) {
    const { vrid, interface: device } = instance.config;
    const family = instanceFamily(instance.config);
    const router = `${device} ${family} ${vrid}`;
    const other = first.get(router);
    if (other === undefined) first.set(router, instance);
    else {
      verdicts.refuse(instance.spot, ['vrid'], {
        rule: 'duplicate-vrid',
        message: `the vrid ${vrid} (IPv${family}) on ${device} is that of "${other.config.name}" already, at ${placeText(valuePlace(other.spot, 'vrid'))}`,
        hint: 'give each instance of an interface a number of its own',
      });
    }
  }
}

function uniqueAddresses(instances: readonly JudgedInstance[], verdicts: Verdicts): void {
  const first = new Map<string, { readonly instance: JudgedInstance; readonly index: number }>();
  for (const instance of instances) {
    for (const [index, { address }] of instance.config.addresses.entries()) {
      const other = first.get(address.text);
      if (other === undefined) first.set(address.text, { instance, index });
      else {
        const where = placeText(valuePlace(other.instance.spot, 'addresses', other.index));
        verdicts.refuse(instance.spot, ['addresses', index], {
          rule: 'duplicate-instance-address',
          message: `the address ${address.text} is one of "${other.instance.config.name}" already, at ${where}`,
        });
      }
    }
  }
}

const versionFamily: InstanceRule = ({ config, spot }, verdicts) => {
  if (config.version !== 2 || instanceFamily(config) === 4) return;
  verdicts.refuse(spot, ['addresses', 0], {
    rule: 'version-family',
    message: 'version 2 of VRRP is for IPv4 only, and the first address is IPv6',
    hint: 'write version: 3, on all directors of the instance',
  });
};

const packetSize: InstanceRule = ({ config, spot }, verdicts) => {
  const family = instanceFamily(config);
  const own = config.addresses.filter(({ address }) => address.family === family).length;
  if (family === 4 || own <= MOST_IPV6_ADDRESSES) return;
  verdicts.refuse(spot, ['addresses'], {
    rule: 'too-many-addresses',
    message: `${own} IPv6 addresses do not fit into one advertisement: ${MOST_IPV6_ADDRESSES} do`,
    hint: 'make two instances',
  });
};

const interval: InstanceRule = ({ config, spot }, verdicts) => {
  const { advertise, version } = config;
  const refuse = (message: string, hint: string): void => {
    verdicts.refuse(spot, ['advertise'], { rule: 'advertise-interval', message, hint });
  };
  const shown = formatDuration(advertise);
  if (version === 2) {
    if (advertise % 1000 !== 0)
      refuse(`version 2 of VRRP counts whole seconds, not ${shown}`, 'write 1s, or version: 3');
    return;
  }
  if (advertise > LONGEST_V3_MS)
    refuse(`version 3 of VRRP cannot say ${shown}`, `longest: ${formatDuration(LONGEST_V3_MS)}`);
  else if (advertise % STEP_MS !== 0)
    refuse(`version 3 of VRRP counts in steps of 10ms, not ${shown}`, `write ${nearestStep(advertise)}`);
  else if (advertise < SHORTEST_SAFE_MS) {
    verdicts.warn(spot, ['advertise'], {
      rule: 'advertise-short',
      message: `with advertise: ${shown} a pause of ${formatDuration(3 * advertise)} makes another director take over`,
      hint: 'from 100ms on a busy host is not mistaken for a dead one',
    });
  }
};

function nearestStep(ms: number): string {
  return formatDuration(Math.max(STEP_MS, Math.round(ms / STEP_MS) * STEP_MS));
}

const passwordSource: InstanceRule = ({ config, spot }, verdicts) => {
  const { password, password_file: file, version } = config;
  if (password === undefined && file === undefined) return;
  const key = password === undefined ? 'password_file' : 'password';
  if (password !== undefined && file !== undefined) {
    verdicts.refuseKey(spot, ['password_file'], {
      rule: 'password-conflict',
      message: 'password and password_file of an instance cannot stand together',
      hint: 'keep one',
    });
  }
  if (version === 3) {
    verdicts.refuseKey(spot, [key], {
      rule: 'password-version',
      message: 'version 3 of VRRP has no password',
      hint: 'remove it; who may send what in this network is a matter of its packet filters',
    });
  } else if (password !== undefined) judgePassword(spot, 'password', password, verdicts);
};

/** Refuses a password that the packet has no room for; the message does not show it. */
export function judgePassword(
  spot: Spot,
  key: 'password' | 'password_file',
  password: string,
  verdicts: Verdicts,
): void {
  const bytes = new TextEncoder().encode(password).length;
  if (bytes <= LONGEST_PASSWORD_BYTES) return;
  verdicts.refuse(spot, [key], {
    rule: 'password-length',
    message: `the password has ${bytes} bytes, and version 2 of VRRP sends ${LONGEST_PASSWORD_BYTES}`,
    hint: 'keepalived would cut it off: write the first 8 bytes, on all directors',
  });
}

const checksum: InstanceRule = ({ config, spot }, verdicts) => {
  if (!isWritten(spot, 'checksum')) return;
  const family = instanceFamily(config);
  if (config.version === 3 && family === 4) return;
  verdicts.warnKey(spot, ['checksum'], {
    rule: 'no-effect',
    message: `the checksum of version ${config.version} over IPv${family} is made in one way: there is nothing to choose`,
    hint: 'remove it',
  });
};

const otherEnds: InstanceRule = ({ config, spot }, verdicts) => {
  const family = instanceFamily(config);
  const ends = [
    ...(config.source === undefined ? [] : [{ at: ['source'], address: config.source }]),
    ...(config.peers ?? []).map((address, index) => ({ at: ['peers', index], address })),
  ];
  const seen = new Set<string>();
  const own = new Set(config.addresses.map(({ address }) => address.text));
  for (const { at, address } of ends) {
    const reason = endFault(address, { family, own, seen });
    if (reason !== null) verdicts.refuse(spot, at, { rule: 'instance-end', message: reason });
    seen.add(address.text);
  }
};

interface KnownEnds {
  readonly family: 4 | 6;
  readonly own: ReadonlySet<string>;
  readonly seen: ReadonlySet<string>;
}

function endFault(address: { text: string; family: 4 | 6 }, { family, own, seen }: KnownEnds): string | null {
  const { text } = address;
  if (address.family !== family)
    return `${text} is of another family than the instance, which is IPv${family}`;
  if (own.has(text))
    return `${text} is an address of the instance itself, which moves from director to director`;
  return seen.has(text) ? `${text} stands here twice: it is one director's, and it is told once` : null;
}

const RULES: readonly InstanceRule[] = [
  versionFamily,
  packetSize,
  interval,
  passwordSource,
  checksum,
  otherEnds,
  ...PRIORITY_RULES,
  ...ADDRESS_RULES,
  ...LINE_RULES,
  ...TRACK_RULES,
];

/** Two owners of one address in one process would add and remove it in turn. */
function foreignAddresses(
  instances: readonly JudgedInstance[],
  services: readonly JudgedService[],
  verdicts: Verdicts,
): void {
  const owners = new Map<string, string>();
  for (const { config } of instances)
    for (const { address } of config.addresses) owners.set(address.text, config.name);
  for (const { spot, config, address } of services) {
    if (config.interface === undefined || address === null) continue;
    const [shared] = addressesOf(address).filter((text) => owners.has(text));
    if (shared === undefined) continue;
    verdicts.refuseKey(spot, ['interface'], {
      rule: 'interface-instance',
      message: `the address ${shared} is the instance ${owners.get(shared) ?? ''}'s, which adds and removes it`,
      hint: 'remove interface',
    });
  }
}

function addressesOf(address: NonNullable<JudgedService['address']>): readonly string[] {
  switch (address.kind) {
    case 'address':
      return [address.address];
    case 'match':
      return address.rules.map((rule) => rule.address);
    case 'fwmark':
      return [];
  }
}
