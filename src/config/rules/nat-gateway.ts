/** NAT servers whose gateway stays behind when the address of their service moves to another director. */
import { isInNetwork } from '../../base/ip.js';
import type { InstanceConfig } from '../schema/ha.js';
import type { JudgedService, Verdicts } from './rule.js';

/**
 * Warns of a service by NAT whose address belongs to an instance that moves nothing else its servers could have as their gateway:
 * neither an address on another interface, nor one in the network of a server. All instances of a group move as one.
 */
export function judgeNatGateways(
  instances: readonly InstanceConfig[],
  services: readonly JudgedService[],
  verdicts: Verdicts,
): void {
  for (const { spot, address, servers, planes, config } of services) {
    if (address?.kind !== 'address' || !planes.kernel || config.fallback === 'proxy') continue;
    const mover = instances.find((instance) => has(instance, address.address));
    if (mover === undefined) continue;
    const moving = instances
      .filter((other) => other === mover || (mover.group !== undefined && other.group === mover.group))
      .flatMap((instance) => addressesOf(instance));
    const outer = moving.find(({ text }) => text === address.address)?.device;
    if (moving.some(({ device }) => device !== outer)) continue;
    const stranded = servers.find(
      ({ forwarding, config: server }) =>
        forwarding === 'nat' && !moving.some((one) => isNeighbour(server.address.text, one)),
    );
    if (stranded === undefined) continue;
    verdicts.warn(spot, [], {
      rule: 'nat-gateway',
      message:
        `the server ${stranded.key} is reached by NAT, and nothing that it could have as its gateway moves with the address ` +
        `${address.address}: after a takeover its answers go to the director that was active before`,
      hint:
        `add the servers' gateway to the instance "${mover.name}", as { address: 10.0.1.254/24, interface: eth1 }, unless ` +
        'this director rewrites the source of what it forwards',
    });
  }
}

interface Moving {
  readonly text: string;
  readonly prefixLength: number;
  readonly device: string;
}

function has({ addresses }: InstanceConfig, text: string): boolean {
  return addresses.some(({ address }) => address.text === text);
}

function addressesOf(instance: InstanceConfig): readonly Moving[] {
  return instance.addresses.map(({ address, interface: device }) => ({
    text: address.text,
    prefixLength: address.prefixLength,
    device: device ?? instance.interface,
  }));
}

/** A server in the network of an address may have that as its gateway. */
function isNeighbour(server: string, { text, prefixLength }: Moving): boolean {
  return isInNetwork(server, text, prefixLength);
}
