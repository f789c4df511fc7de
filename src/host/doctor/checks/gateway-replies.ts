/** DR servers whose answers to clients may come by way of this director, which has their source address itself. */
import { clientLink, kernelServices, vipsOf } from '../../network.js';
import { cureOf } from '../../sysctls.js';
import { finding, here } from '../finding.js';
import { serverPaths } from '../servers.js';
import type { DoctorCheck, HostView } from '../types.js';
import { filterOf, STRICT } from './reverse-path.js';

const name = 'accept_local';

export const gatewayReplies: DoctorCheck = {
  name,
  about: 'answers of DR servers that have this director as their gateway',
  ofServices: true,
  run: (host, model) => {
    if (model === null) return [];
    const clients = new Set(vipsOf(kernelServices(model)).map((vip) => clientLink(host.network, vip)));
    const inner = serverPaths(host.network, model)
      .filter(
        ({ forwarding, family, link }) =>
          forwarding === 'dr' && family === 4 && link !== null && !clients.has(link),
      )
      .flatMap(({ link }) => link ?? []);
    return [...new Set(inner)].flatMap((link) => {
      if (accepts(host, 'all') || accepts(host, link.name)) return [];
      return [
        finding(name, 'info', {
          subject: link.name,
          what: `The DR servers on ${link.name} are on another interface than the clients.`,
          why:
            'If this director is their gateway, it drops their answers: they come from an address of the service, which is its own. ' +
            'Servers with a gateway of their own are not concerned.',
          cures: here(
            cureOf(`net/ipv4/conf/${link.name}/accept_local`, '1'),
            ...(filterOf(host, link.name) === STRICT
              ? [cureOf(`net/ipv4/conf/${link.name}/rp_filter`, '2')]
              : []),
            ...(host.sysctls.read('net/ipv4/ip_forward') === '1' ? [] : [cureOf('net/ipv4/ip_forward', '1')]),
          ),
        }),
      ];
    });
  },
};

function accepts({ sysctls }: HostView, link: string): boolean {
  return sysctls.read(`net/ipv4/conf/${link}/accept_local`) === '1';
}
