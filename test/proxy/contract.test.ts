import { ProxyDataplane } from '../../src/dataplane/proxy/proxy-dataplane.js';
import { dataplaneContract } from '../contract/dataplane.js';
import { FakeClock } from '../support/fake-clock.js';
import { ask, freePort, namedServer, type RealTcpServer } from './loopback.js';

dataplaneContract('ProxyDataplane', () => {
  const plane = new ProxyDataplane({ clock: new FakeClock() });
  const servers: RealTcpServer[] = [];
  return Promise.resolve({
    plane,
    freeAddress: async () => ({
      kind: 'address',
      family: 4,
      address: '127.0.0.1',
      port: await freePort(),
      protocol: 'tcp',
    }),
    freeServer: async () => {
      const server = await namedServer('contract');
      servers.push(server);
      return { family: 4, address: '127.0.0.1', port: server.port };
    },
    connect: async (service) => {
      await ask(service);
    },
    close: async () => {
      await plane.close();
      await Promise.all(servers.map((server) => server.close()));
    },
  });
});
