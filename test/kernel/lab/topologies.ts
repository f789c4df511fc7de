/** Networks that are met in practice, beside the two of `Lab.create`. */
import type { LabPlan } from './lab.js';
import { defaultsVia, plugInto, type HostPlan, type Plug } from './network.js';

const plug = (link: string, segment: number, host: number): Plug =>
  plugInto(`net${segment}`, link, segment, host);
const via = defaultsVia;

function client(number: number, router: number): HostPlan {
  return { name: `cl${number}`, plugs: [plug('eth0', 1, 10 + number)], routes: via(1, router) };
}

const roles = { clients: ['cl1', 'cl2'], directors: ['dir1'], servers: ['rs1', 'rs2', 'rs3'] } as const;

/**
 * Clients behind a router; director and servers on one network, each with one interface.
 *
 *     cl1,cl2 -- net1 -- router -- net2 -- dir1, rs1, rs2, rs3
 *
 * @param gateway which the servers have: the director for NAT (one-armed), the router for DR and TUN
 */
export function behindRouter(gateway: 'director' | 'router'): LabPlan {
  const [router, director] = [254, 1];
  return {
    ...roles,
    vip: { 4: '10.2.0.100', 6: 'fd00:2::100' },
    network: {
      segments: ['net1', 'net2'],
      hosts: [
        client(1, router),
        client(2, router),
        { name: 'router', plugs: [plug('eth0', 1, router), plug('eth1', 2, router)], forwards: true },
        { name: 'dir1', plugs: [plug('eth0', 2, director)], routes: via(2, router), forwards: true },
        ...[1, 2, 3].map((number) => ({
          name: `rs${number}`,
          plugs: [plug('eth0', 2, 20 + number)],
          routes: via(2, gateway === 'director' ? director : router),
        })),
      ],
    },
  };
}

/**
 * Every server in a network of its own, behind a router that also leads to the clients.
 *
 *     cl1,cl2 -- net1 -- dir1
 *                 |
 *               router -- net2 -- rs1
 *                      -- net3 -- rs2
 *                      -- net4 -- rs3
 */
export function farServers(): LabPlan {
  const router = 254;
  return {
    ...roles,
    vip: { 4: '10.1.0.100', 6: 'fd00:1::100' },
    network: {
      segments: ['net1', 'net2', 'net3', 'net4'],
      hosts: [
        client(1, router),
        client(2, router),
        { name: 'dir1', plugs: [plug('eth0', 1, 1)], routes: via(1, router), forwards: true },
        {
          name: 'router',
          plugs: [1, 2, 3, 4].map((segment) => plug(`eth${segment}`, segment, router)),
          forwards: true,
        },
        ...[1, 2, 3].map((number) => ({
          name: `rs${number}`,
          plugs: [plug('eth0', 1 + number, 21)],
          routes: via(1 + number, router),
        })),
      ],
    },
  };
}

/**
 * The director is the way to every server, to some over a second router.
 *
 *     cl1,cl2 -- net1 -- dir1 -- net2 -- rs1, rs2
 *                                  \-- router -- net3 -- rs3
 */
export function serversInTwoNetworks(): LabPlan {
  const [director, router] = [1, 254];
  return {
    ...roles,
    vip: { 4: '10.1.0.100', 6: 'fd00:1::100' },
    network: {
      segments: ['net1', 'net2', 'net3'],
      hosts: [
        client(1, director),
        client(2, director),
        {
          name: 'dir1',
          plugs: [plug('eth0', 1, director), plug('eth1', 2, director)],
          routes: [`10.3.0.0/24 via 10.2.0.${router}`, `fd00:3::/64 via fd00:2::${router}`],
          forwards: true,
        },
        {
          name: 'router',
          plugs: [plug('eth0', 2, router), plug('eth1', 3, router)],
          routes: via(2, director),
          forwards: true,
        },
        { name: 'rs1', plugs: [plug('eth0', 2, 21)], routes: via(2, director) },
        { name: 'rs2', plugs: [plug('eth0', 2, 22)], routes: via(2, director) },
        { name: 'rs3', plugs: [plug('eth0', 3, 21)], routes: via(3, router) },
      ],
    },
  };
}

/**
 * A network for clients and one for servers, joined by the director and by a router beside it: servers of any
 * forwarding method can stand side by side.
 *
 *     cl1,cl2 -- net1 -- dir1   -- net2 -- rs1, rs2, rs3
 *                     \- router -/
 */
export function besideRouter(): LabPlan {
  const [director, router] = [1, 254];
  return {
    ...roles,
    vip: { 4: '10.1.0.100', 6: 'fd00:1::100' },
    network: {
      segments: ['net1', 'net2'],
      hosts: [
        client(1, router),
        client(2, router),
        { name: 'dir1', plugs: [plug('eth0', 1, director), plug('eth1', 2, director)], forwards: true },
        { name: 'router', plugs: [plug('eth0', 1, router), plug('eth1', 2, router)], forwards: true },
        ...[1, 2, 3].map((number) => ({
          name: `rs${number}`,
          plugs: [plug('eth0', 2, 20 + number)],
          routes: via(2, router),
        })),
      ],
    },
  };
}
