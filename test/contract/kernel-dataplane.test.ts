import { countConnection, kernelPlane } from '../support/kernel-plane.js';
import { addressOf } from '../support/models.js';
import { dataplaneContract } from './dataplane.js';

dataplaneContract('KernelDataplane', () => {
  const { plane, table } = kernelPlane();
  let last = 0;
  return Promise.resolve({
    plane,
    freeAddress: () => Promise.resolve(addressOf(`192.0.2.${++last}:80`)),
    freeServer: () => Promise.resolve({ family: 4, address: `10.0.0.${++last}`, port: 80 }),
    connect: (service, server) => {
      countConnection(table, service, server);
      return Promise.resolve();
    },
    close: () => plane.close(),
  });
});
