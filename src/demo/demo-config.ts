/** The demo's configuration, as a newcomer would write it. Pure. */

export interface DemoPlace {
  readonly httpPort: number;
  readonly adminPort: number;
  readonly socket: string;
  readonly stateDir: string;
}

export interface ConfiguredServer {
  readonly name: string;
  readonly port: number;
  readonly weight: number;
}

/** One service `web`, wrr, checked every second: a dead server is out after two. */
export function demoConfig(place: DemoPlace, servers: readonly ConfiguredServer[]): string {
  return `# The configuration of "lvsd demo".
director:
  name: demo
  dataplane: proxy
  admin: { socket: ${JSON.stringify(place.socket)}, listen: "127.0.0.1:${place.adminPort}" }
  state_dir: ${JSON.stringify(place.stateDir)}
services:
  - name: web
    address: 127.0.0.1:${place.httpPort}
    scheduler: wrr
    check: { type: http, path: /, interval: 1s, timeout: 1s, rise: 2, fall: 2 }
    servers:
${servers.map(({ name, port, weight }) => `      - { name: ${name}, address: "127.0.0.1:${port}", weight: ${weight} }`).join('\n')}
`;
}
