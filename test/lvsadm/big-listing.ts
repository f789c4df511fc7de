/**
 * A program for tests: lvsadm with a fake table of many services, on the real standard output.
 *
 *   node --import tsx test/lvsadm/big-listing.ts SERVICES [nonblocking] -- WORDS...
 */
import { DescriptorSink, ReaderGoneError } from '../../src/lvsadm/output.js';
import { runLvsadm } from '../../src/lvsadm/run.js';
import { FakeIpvsTable, noStats } from '../support/fake-ipvs-table.js';
import { noNames } from './program.js';

const [count = '0', mode, ...rest] = process.argv.slice(2);
// asking for Node's stream makes a pipe non-blocking
if (mode === 'nonblocking') process.stdout.on('error', () => undefined);
const argv = rest[0] === '--' ? rest.slice(1) : rest;

const services = Array.from({ length: Number(count) }, (_, index) => ({
  service: {
    family: 'ipv4' as const,
    fwmark: index + 1,
    scheduler: 'wlc',
    flags: 2,
    timeoutSec: 0,
    netmask: 0xffffffff,
    persistenceEngine: null,
    stats: noStats,
  },
  destinations: [],
}));

void runLvsadm(argv, {
  programName: 'lvsadm',
  stdin: [],
  stdout: new DescriptorSink(1),
  stderr: new DescriptorSink(2),
  names: noNames,
  openTable: () => new FakeIpvsTable({ services }),
  connections: () => [],
  privileges: () => ({ netAdmin: true, initialUserNamespace: true }),
  stopAtOperand: false,
}).then(
  (status) => (process.exitCode = status),
  (error: unknown) => (process.exitCode = error instanceof ReaderGoneError ? 141 : 1),
);
