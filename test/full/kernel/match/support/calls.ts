/** Services by ranges of ports, and a client that asks them: the same for every way in which packets get their marks. */
import type { LabProtocol, Target } from '../../../../kernel/lab/answers.js';
import { names } from '../../../../kernel/lab/clients.js';
import type { IpVersion, Lab } from '../../../../kernel/lab/lab.js';

/** @param lab of servers that listen on port 8080; asked for when it is needed, for it is made before the first test */
export function callsIn(lab: () => Lab) {
  const serversOf = (version: IpVersion): unknown[] =>
    lab().servers.map(({ name, address }) => ({
      name,
      address: version === 4 ? `${address[4]}:8080` : `[${address[6]}]:8080`,
    }));

  const serviceOf = (
    name: string,
    version: IpVersion,
    match: readonly object[],
  ): Record<string, unknown> => ({
    name,
    match: match.map((ports) => ({ address: lab().vip[version], ...ports })),
    scheduler: 'rr',
    check: { type: 'none' },
    servers: serversOf(version),
  });

  return {
    serversOf,

    /** Several ranges and protocols as one service, at another port of the servers. */
    calls: (lastPort = 8010) =>
      serviceOf('calls', 4, [
        { ports: `8000-${lastPort}` },
        { ports: 9000 },
        { ports: '8000-8001', protocol: 'udp' },
      ]),

    calls6: () => serviceOf('calls6', 6, [{ ports: '8000-8010' }]),

    at: (port: number, protocol: LabProtocol = 'tcp', version: IpVersion = 4): Target => ({
      protocol,
      address: lab().vip[version],
      port,
    }),

    /** @returns the names of the servers that answered, or why none did */
    ask: async (...targets: readonly Target[]): Promise<string[]> => {
      const answers: string[] = [];
      for (const target of targets) answers.push(...(await names(lab().client, target, 1)));
      return answers;
    },
  };
}
