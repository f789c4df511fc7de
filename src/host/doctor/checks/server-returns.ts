/**
 * By which way answers of NAT servers go: only this host can translate them back. The servers are asked in the name of a client
 * beyond all networks, of the service's own address, and of IPv4 clients that were here.
 */
import type { Link } from '../../../../native/rtnetlink/types.js';
import { FAR_CLIENT, inSubnet, isLocal, ownAddress } from '../../network.js';
import { clientsOf } from '../clients.js';
import { finding, onServer, some } from '../finding.js';
import { nameServices, type ServerPath } from '../servers.js';
import type { EchoProbe, Finding, HostView } from '../types.js';
import { rewritesSource } from './nat-network.js';

/** Name of the check that these findings are of. */
export const SERVERS = 'servers';

/** What is asked of a server: `method`, whether it takes what comes; the others, whether its answer to such a one comes here. */
export interface Question {
  readonly about: 'method' | 'far' | 'vip' | 'client';
  readonly probe: EchoProbe;
}

/** Clients stand for their networks. */
const MOST_CLIENTS = 4;

/** Only of a server on the link of the active director. */
export function returnQuestions(
  host: HostView,
  { address, onLink, link, family }: ServerPath,
  plain: EchoProbe,
  vip: string,
): Question[] {
  const { network } = host;
  if (!onLink || !isLocal(network, vip) || rewritesSource(host)) return [];
  // what is in the server's own network it reaches without a gateway
  const subnets = network.addresses.filter(
    (own) => own.index === link?.index && inSubnet(address, own.address, own.prefixLength),
  );
  const isBeside = (other: string): boolean =>
    subnets.some((own) => inSubnet(other, own.address, own.prefixLength));
  // IPVS does not serve a server that is its own client
  const clients = clientsOf(host, vip).filter(
    (client) => client !== address && !isBeside(client) && ownAddress(network, client) === null,
  );
  const sources: [Question['about'], string][] = [
    ['far', FAR_CLIENT[family]],
    ...(isBeside(vip) ? [] : ([['vip', vip]] satisfies [Question['about'], string][])),
    ...clients.slice(-MOST_CLIENTS).map((client): [Question['about'], string] => ['client', client]),
  ];
  return sources.map(([about, source]) => ({ about, probe: { ...plain, source } }));
}

export interface ReturnTrial {
  readonly path: ServerPath;
  readonly link: Link;
  readonly own: string;
  readonly gateway: string | null;
  readonly vip: string;
  readonly questions: readonly Question[];
  readonly answered: ReadonlySet<Question>;
}

/**
 * What was answered, by source: of clients that were here, the word counts; else that of one beyond all networks, which has the
 * server use its default route; else that of the service's address.
 */
export function judgeReturn(trial: ReturnTrial): Finding[] {
  const { questions, answered } = trial;
  const about = (kind: Question['about']): Question[] => questions.filter((one) => one.about === kind);
  const lost = about('client').filter((one) => !answered.has(one));
  const comes = [...about('far'), ...about('vip')].some((one) => answered.has(one));
  if (lost.length > 0) {
    const clients = lost.map(({ probe: { source } }) => source);
    return [comes ? bypassed(trial, clients) : withoutGateway(trial)];
  }
  if (comes || about('client').length > 0) return [];
  return about('vip').length > 0 ? [withoutGateway(trial)] : [];
}

function bypassed(
  { path: { address, services }, link, own, gateway }: ReturnTrial,
  clients: string[],
): Finding {
  return finding(SERVERS, 'warning', {
    subject: `server ${address}`,
    what: `Answers of the server ${address} to ${clients.length === 1 ? 'the client' : 'clients'} ${some(clients)} do not come back by ${link.name}, though others do.`,
    why:
      `The server has a way of its own to them, by another interface perhaps: clients of the ${nameServices(services)} get answers ` +
      'from an address that they never asked, and drop them.',
    advice: 'Or take the server out of the network of the clients.',
    cures: onServer(
      address,
      ...clients.map((client) => `ip route replace ${client}/32 via ${gateway ?? own}`),
    ),
  });
}

function withoutGateway({ path: { address, services }, link, vip, own, gateway }: ReturnTrial): Finding {
  const director = gateway ?? own;
  return finding(SERVERS, 'fault', {
    subject: `server ${address}`,
    what: `Answers of the server ${address} to ${vip} do not come back by ${link.name}: this host is not its gateway.`,
    why: `NAT: only this host can translate answers back. Clients of the ${nameServices(services)} never see one, or drop it.`,
    advice: `On a server with lvsd: lvsd realserver setup --forwarding nat --gateway ${director}`,
    cures: onServer(address, `ip route replace default via ${director}`),
  });
}
