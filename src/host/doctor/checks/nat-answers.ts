/** Whether answers of NAT servers come to this host at all, as the check of servers asks it. */
import type { InterfaceAddress, Link } from '../../../../native/rtnetlink/types.js';
import { mostServers, type ServerPath } from '../servers.js';
import type { EchoProbe, HostView } from '../types.js';
import { returnQuestions } from './server-returns.js';

/** A server, this host's address in its network, and an address that it serves. */
export interface AskedServer {
  readonly path: ServerPath;
  readonly link: Link;
  readonly subnet: InterfaceAddress;
  readonly vip: string;
}

/**
 * Servers that answer this host, but nobody else by it: their gateway is another. Of those beyond a router, and while this host
 * has not the address of the service, nothing is said. All are asked at once, for the silent ones take their time.
 */
export function answersElsewhere(host: HostView, servers: readonly AskedServer[]): Set<ServerPath> {
  const { probes } = host;
  if (probes === null) return new Set();
  const near = servers.filter(({ path }) => path.onLink).slice(0, mostServers);
  const trials = [...new Set(near.map(({ link }) => link))].flatMap((link) => {
    const own = near.filter((one) => one.link === link);
    const hosts = probes.whoHas(
      link,
      own.map(({ path }) => path.address),
    );
    return own.flatMap(({ path, subnet, vip }) => {
      const [hardwareDestination] = hosts.get(path.address) ?? [];
      if (hardwareDestination === undefined) return [];
      const plain: EchoProbe = {
        link,
        hardwareDestination,
        source: subnet.address,
        destination: path.address,
        tunnel: null,
      };
      const questions = returnQuestions(host, path, plain, vip).map(({ probe }) => probe);
      return questions.length === 0 ? [] : [{ path, plain, questions }];
    });
  });
  const asked = trials.flatMap(({ plain, questions }) => [plain, ...questions]);
  const answers = probes.echo(asked);
  const heard = new Set(asked.filter((_, index) => answers[index] === true));
  return new Set(
    trials.flatMap(({ path, plain, questions }) =>
      heard.has(plain) && !questions.some((probe) => heard.has(probe)) ? [path] : [],
    ),
  );
}
