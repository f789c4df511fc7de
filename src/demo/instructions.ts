/** What the demo tells people to try. Pure. */
import type { DemoPlace } from './demo-config.js';
import type { DemoServer } from './server-fleet.js';

export interface InstructionFacts {
  readonly place: DemoPlace;
  readonly servers: readonly (DemoServer & { readonly weight: number })[];
  /** How lvsd is called from the reader's shell: `lvsd`, `node dist/lvsd/main.js`. */
  readonly command: string;
  readonly pid: number;
  readonly configFile: string;
}

/** Commands to copy, one a line, each under what it shows. */
export function instructions(facts: InstructionFacts): string {
  const { place, servers, command, pid, configFile } = facts;
  const victim = servers[1] ?? servers[0];
  const lvsd = (words: string): string => `${command} ${words} --socket ${place.socket}`;
  const listed = servers.map(
    (server) =>
      `  ${server.name.padEnd(10)} 127.0.0.1:${server.port}  weight ${server.weight}  pid ${server.pid ?? '-'}`,
  );
  return `
A director balances http://127.0.0.1:${place.httpPort}/ over three servers (wrr):

${listed.join('\n')}

Try, in another terminal:

  ten requests      for i in $(seq 10); do curl -s http://127.0.0.1:${place.httpPort}/; done
  what is going on  ${lvsd('status')}
  and live          ${lvsd('status --watch')}
  metrics           curl -s http://127.0.0.1:${place.adminPort}/metrics
  kill a server     kill ${victim?.pid ?? 'PID'}
  bring it back     kill -USR2 ${pid}
  change a weight   ${lvsd(`weight ${victim?.name ?? 'NAME'} 5`)}
  your own servers  edit ${configFile}, then
                    ${lvsd('reload')}

Ctrl-C ends everything. What happens:

`;
}
