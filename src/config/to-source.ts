/** From where probes are sent, in the domain's terms. */
import type { IpAddress } from '../base/ip.js';
import type { ProbeSource } from '../model/health-check.js';

interface SourceKeys {
  readonly source?: Pick<IpAddress, 'text'> | undefined;
  readonly source_interface?: string | undefined;
  readonly mark?: number | undefined;
}

/** Nothing where the file leaves it to the system's routes. */
export function toSource({ source, source_interface: device, mark }: SourceKeys): {
  readonly source?: ProbeSource;
} {
  if (source === undefined && device === undefined && mark === undefined) return {};
  return { source: { address: source?.text ?? null, interface: device ?? null, mark: mark ?? null } };
}
