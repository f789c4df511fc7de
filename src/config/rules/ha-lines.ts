/** Heartbeat lines of an instance, and witnesses of all of them. */
import { placeText, valuePlace, type HaDraft } from '../draft.js';
import { instanceFamily } from '../instance-family.js';
import type { LineConfig } from '../schema/ha-heartbeat.js';
import type { InstanceRule, InstancesRule, JudgedInstance } from './ha-rule.js';
import type { Verdicts } from './rule.js';

const lines: InstanceRule = (instance, verdicts) => {
  const { config, spot } = instance;
  const seen: LineConfig[] = [];
  for (const [index, line] of (config.heartbeat ?? []).entries()) {
    const fault = peerFault(instance, line, seen);
    if (fault !== null)
      verdicts.refuse(spot, ['heartbeat', index, 'peer'], { rule: 'heartbeat-peer', ...fault });
    else if (line.interface === config.interface) {
      verdicts.warn(spot, ['heartbeat', index, 'interface'], {
        rule: 'heartbeat-interface',
        message: `a heartbeat on ${line.interface} is silent whenever the instance's own line there is cut`,
        hint: 'name another interface, with a cable of its own',
      });
    }
    seen.push(line);
  }
};

function peerFault({ config }: JudgedInstance, line: LineConfig, seen: readonly LineConfig[]) {
  const { text, family } = line.peer;
  const own = instanceFamily(config);
  if (family !== own)
    return { message: `${text} is of another family than the instance, which is IPv${own}` };
  if (config.addresses.some(({ address }) => address.text === text))
    return {
      message: `${text} is an address of the instance: a line leads to one director, and it moves between them`,
      hint: 'write the address that the other director always has there',
    };
  if (config.source?.text === text) return { message: `${text} is this director's own: it is the source` };
  if (line.interface === config.interface && config.peers?.some((peer) => peer.text === text) === true)
    return {
      message: `${text} is told on ${line.interface} already, as one of peers`,
      hint: 'name another interface, and the address of the other director there',
    };
  // A link-local address is another's on each interface.
  const isLocal = /^fe[89ab]/.test(text);
  const twice = seen.some(
    (other) => other.peer.text === text && (!isLocal || other.interface === line.interface),
  );
  return twice ? { message: `${text} stands here twice: one line leads to it` } : null;
}

/** What comes by a line says the number of its virtual router, and not its interface. */
const uniqueLines: InstancesRule = (instances, verdicts) => {
  const first = new Map<string, JudgedInstance>();
  for (const instance of instances) {
    const { heartbeat, vrid, name } = instance.config;
    const family = instanceFamily(instance.config);
    for (const [index, { interface: device }] of (heartbeat ?? []).entries()) {
      const line = `${device} ${family} ${vrid}`;
      const other = first.get(line);
      if (other === undefined) first.set(line, instance);
      else if (other !== instance) {
        verdicts.refuse(instance.spot, ['heartbeat', index, 'interface'], {
          rule: 'heartbeat-vrid',
          message: `the heartbeat of vrid ${vrid} (IPv${family}) on ${device} is that of "${other.config.name}" already, at ${placeText(valuePlace(other.spot, 'heartbeat'))}`,
          hint: `give "${name}" another vrid, or a line of its own`,
        });
      }
    }
  }
};

/** An address that moves is, at times, this director's own: the line would hear itself, or nobody. */
const fixedPeers: InstancesRule = (instances, verdicts) => {
  for (const instance of instances) {
    for (const [index, { peer }] of (instance.config.heartbeat ?? []).entries()) {
      const owner = instances.find(
        (other) =>
          other !== instance && other.config.addresses.some(({ address }) => address.text === peer.text),
      );
      if (owner === undefined) continue;
      verdicts.refuse(instance.spot, ['heartbeat', index, 'peer'], {
        rule: 'heartbeat-peer',
        message: `${peer.text} is an address of the instance "${owner.config.name}", which moves`,
        hint: 'write the address that the other director always has there',
      });
    }
  }
};

/** One that this director itself may be, or that stands there twice, proves nothing. */
export function judgeWitnesses(
  { spot, config }: HaDraft,
  instances: readonly JudgedInstance[],
  verdicts: Verdicts,
): void {
  const seen = new Set<string>();
  for (const [index, { text }] of (config.witness ?? []).entries()) {
    const owner = instances.find(({ config: each }) =>
      each.addresses.some(({ address }) => address.text === text),
    );
    const isSource = instances.some(({ config: each }) => each.source?.text === text);
    const refuse = (message: string): void =>
      verdicts.refuse(spot, ['witness', index], {
        rule: 'witness',
        message,
        hint: 'name a router, or another host that is always there',
      });
    if (owner !== undefined)
      refuse(`${text} is an address of the instance "${owner.config.name}", which moves`);
    else if (isSource) refuse(`${text} is this director's own: it answers itself`);
    else if (seen.has(text)) refuse(`${text} stands here twice`);
    seen.add(text);
  }
}

export const LINE_RULES: readonly InstanceRule[] = [lines];
export const LINES_RULES: readonly InstancesRule[] = [uniqueLines, fixedPeers];
