import { CompositeDataplane } from '../../src/dataplane/composite/composite-dataplane.js';
import { FakeDataplane } from '../support/fake-dataplane.js';
import { countConnection, kernelPlane } from '../support/kernel-plane.js';
import { addressOf } from '../support/models.js';
import { dataplaneContract } from './dataplane.js';

dataplaneContract('CompositeDataplane', () => {
  const { plane: kernel, table } = kernelPlane();
  const plane = new CompositeDataplane({ kernel, proxy: new FakeDataplane('proxy') });
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
