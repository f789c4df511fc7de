import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { probeTable } from '../../../src/cli/probe-table.js';

const probes = [
  { service: 'shop', server: 'one', mark: 0x4c000001, inTable: true, connections: 12_345 },
  { service: 'mail', server: '10.0.0.2:25', mark: 0x4c000002, inTable: false, connections: 0 },
] as const;

describe('probeTable', () => {
  it('says of each service whose server it is for, its mark, whether it has its turn, and how many probes went', () => {
    const [title, ...rows] = probeTable({ probes }, false);
    assert.equal(title, 'probes by way of services');
    assert.deepEqual(
      rows.map((row) => row.trim().split(/ {2,}/)),
      [
        ['SERVICE', 'SERVER', 'MARK', 'IN TABLE', 'PROBES'],
        ['shop', 'one', '0x4c000001', 'yes', '12345'],
        ['mail', '10.0.0.2:25', '0x4c000002', 'in turn', '0'],
      ],
    );
  });

  it('has no line, and no title, where nobody asks by way of a service', () => {
    assert.deepEqual(probeTable({}, false), []);
    assert.deepEqual(probeTable({ probes: [] }, true), []);
  });
});
