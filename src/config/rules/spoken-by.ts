/** What a check speaks. Pure. */
import type { CheckConfig } from '../schema/check.js';

/** The protocol of the port that a check asks; null when it asks none. */
export function spokenBy(check: CheckConfig): 'tcp' | 'udp' | null {
  switch (check.type) {
    case 'tcp':
    case 'tls':
    case 'http':
    case 'https':
    case 'smtp':
    case 'redis':
    case 'postgresql':
    case 'mysql':
    case 'mariadb':
    case 'mongodb':
    case 'elasticsearch':
      return 'tcp';
    case 'udp':
      return 'udp';
    case 'dns':
      return check.transport;
    case 'none':
    case 'icmp':
    case 'exec':
    case 'file':
    case 'external':
      return null;
  }
}
