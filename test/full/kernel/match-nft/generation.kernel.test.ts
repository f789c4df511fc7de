import assert from 'node:assert/strict';
import { it } from 'node:test';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import { probeKernelGeneration } from '../../../../src/host/kernel-generation.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import { skipWithoutNft } from './support/newer-kernel.js';

it('asks a kernel of the newest rules for them, and leaves nothing', { skip: skipWithoutNft() }, () =>
  inNewNamespace(() => {
    const table = IpvsClient.open();
    assert.deepEqual(probeKernelGeneration(), { generation: 'capped' });
    assert.deepEqual(table.serviceEntries(), []);
    table.close();
    return Promise.resolve();
  }),
);
