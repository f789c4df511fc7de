/** Of which family an instance's advertisements are. */
import type { Family } from '../base/ip.js';
import type { InstanceConfig } from './schema/ha.js';

/** That of its first address; others of the other family move along without being advertised. */
export function instanceFamily({ addresses }: InstanceConfig): Family {
  return addresses[0]?.address.family ?? 4;
}
