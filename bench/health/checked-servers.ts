/** The servers that both directors of bench/health check, in the words of each: the same addresses, intervals and limits. */

/** How much is checked. */
export interface Load {
  readonly tcp: number;
  readonly http: number;
}

export interface Ports {
  readonly tcp: number;
  readonly http: number;
}

export const INTERVAL_SEC = 2;
const TIMEOUT_SEC = 1;
const SERVERS_PER_SERVICE = 100;

/** An address of loopback for each server, those of http apart. */
function addressOf(kind: keyof Load, index: number): string {
  return `127.${kind === 'tcp' ? 16 : 32}.${index >> 8}.${index & 0xff}`;
}

interface Service {
  readonly kind: keyof Load;
  readonly servers: readonly string[];
}

function servicesOf(load: Load): Service[] {
  return (['tcp', 'http'] as const).flatMap((kind) =>
    Array.from({ length: Math.ceil(load[kind] / SERVERS_PER_SERVICE) }, (_, index) => {
      const first = index * SERVERS_PER_SERVICE;
      const count = Math.min(SERVERS_PER_SERVICE, load[kind] - first);
      return {
        kind,
        servers: Array.from({ length: count }, (__, server) => addressOf(kind, first + server)),
      };
    }),
  );
}

/**
 * With the limits that docs/health.md wants for so many servers.
 *
 * @param servicePort of the userspace plane's listeners, free on all addresses
 */
export function lvsdConfig(load: Load, ports: Ports, folder: string, servicePort: number): string {
  const timing = `interval: ${INTERVAL_SEC}s, timeout: ${TIMEOUT_SEC}s, jitter: 0%`;
  const services = servicesOf(load).map(({ kind, servers }, index) => {
    const check = kind === 'tcp' ? `{ type: tcp, ${timing} }` : `{ type: http, path: /, ${timing} }`;
    const list = servers.map((address) => `${address}:${ports[kind]}`).join(', ');
    return `  - { name: s${index}, address: "127.64.0.${index}:${servicePort}", check: ${check}, servers: [${list}] }`;
  });
  return `director:
  dataplane: proxy
  health: { max_probes: ${Math.max(1024, Math.ceil((1.1 * (load.tcp + load.http) * TIMEOUT_SEC) / INTERVAL_SEC))} }
  admin: { socket: ${folder}/lvsd.sock }
  state_dir: ${folder}/state
services:
${services.join('\n')}
`;
}

export function keepalivedConfig(load: Load, ports: Ports): string {
  const services = servicesOf(load).map(({ kind, servers }, index) => {
    const limits = `connect_timeout ${TIMEOUT_SEC}\n  retry 2\n  delay_before_retry ${INTERVAL_SEC}`;
    const check =
      kind === 'tcp'
        ? `TCP_CHECK {\n  ${limits}\n }`
        : `HTTP_GET {\n  url {\n   path /\n   status_code 200\n  }\n  ${limits}\n }`;
    const list = servers.map(
      (address) => ` real_server ${address} ${ports[kind]} {\n weight 1\n ${check}\n }`,
    );
    return `virtual_server 10.1.0.${index} 80 {
 delay_loop ${INTERVAL_SEC}
 lvs_sched rr
 lvs_method NAT
 protocol TCP
${list.join('\n')}
}`;
  });
  return `${services.join('\n')}\n`;
}
