import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import { describeRequest } from '../../../../native/ipvs/request-codec.js';
import type { IpvsRequest } from '../../../../native/ipvs/types.js';
import { openDescriptors } from '../../../../native/libc/descriptor.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import {
  destination,
  refusal,
  tcpKey,
  tcpService,
  withIpvsClient,
} from '../../../kernel/support/ipvs-client.js';
import { skipWithout } from '../../../support/require-tool.js';

const web = tcpService('192.0.2.1', 80);
const server = destination('10.0.0.1', 80);
const nobody = 65534;

/** Runs `body` as a user who is not root: the thread's capabilities are gone meanwhile. */
function asNobody<T>(body: () => T): T {
  process.seteuid!(nobody);
  try {
    return body();
  } finally {
    process.seteuid!(0);
  }
}

const requests: readonly IpvsRequest[] = [
  { command: 'add-service', service: web },
  { command: 'edit-service', service: web },
  { command: 'delete-service', service: web },
  { command: 'add-destination', service: web, destination: server },
  { command: 'edit-destination', service: web, destination: server },
  { command: 'delete-destination', service: web, destination: server },
  { command: 'zero', service: null },
  { command: 'flush' },
  { command: 'set-timeouts', timeouts: { tcpSec: 1, tcpFinSec: 1, udpSec: 1 } },
  { command: 'start-daemon', daemon: { role: 'master', interface: 'lo', syncId: 1 } },
  { command: 'stop-daemon', role: 'backup' },
];

function questions(client: IpvsClient): readonly (readonly [string, () => unknown])[] {
  return [
    ['get IPVS version', () => client.info()],
    ['list services', () => client.services()],
    ['get service tcp:192.0.2.1:80', () => client.service(web)],
    ['list destinations of tcp:192.0.2.1:80', () => client.destinations(web)],
    ['list sync daemons', () => client.daemons()],
    ['get timeouts', () => client.timeouts()],
  ];
}

describe('without CAP_NET_ADMIN', () => {
  it('every question and every change is refused, and nothing is done', () =>
    withIpvsClient((client) => {
      client.run({ command: 'add-service', service: tcpService('192.0.2.2', 80) });
      asNobody(() => {
        for (const [operation, ask] of questions(client)) {
          const error = refusal(ask);
          assert.equal(error.code, 'ERR_IPVS_PERMISSION');
          assert.equal(error.message, `${operation}: EPERM`);
        }
        for (const request of requests) {
          const error = refusal(() => client.run(request));
          assert.equal(error.code, 'ERR_IPVS_PERMISSION');
          assert.equal(error.message, `${describeRequest(request)}: EPERM`);
        }
        assert.deepEqual(
          client.batch(requests).map((error) => error?.code),
          requests.map(() => 'ERR_IPVS_PERMISSION'),
        );
      });
      assert.equal(client.services().length, 1, 'the client works again with privilege');
      assert.deepEqual(client.timeouts(), { tcpSec: 900, tcpFinSec: 120, udpSec: 300 });
    }));

  it('a client can be opened, and works as soon as the process has the capability', () =>
    inNewNamespace(() => {
      const before = openDescriptors();
      const client = asNobody(() => IpvsClient.open());
      // every request names the kernel as its receiver, and then the sender's capabilities count, not the opener's
      assert.deepEqual(client.services(), []);
      client.run({ command: 'add-service', service: web });
      asNobody(() => assert.equal(refusal(() => client.services()).code, 'ERR_IPVS_PERMISSION'));
      client.close();
      assert.equal(openDescriptors(), before);
    }));

  it("no answer is lost, though the buffers are the system's smaller ones", () =>
    inNewNamespace(() =>
      asNobody(() => {
        const client = IpvsClient.open();
        const many = Array.from({ length: 5_000 }, (_, index): IpvsRequest => {
          return { command: 'delete-service', service: tcpKey('192.0.2.1', 1 + index) };
        });
        const others = client.batch(many).filter((error) => error?.code !== 'ERR_IPVS_PERMISSION');
        assert.deepEqual(others, []);
        client.close();
      }),
    ));
});

describe('a process of its own', { skip: skipWithout('setpriv', 'apt-get install util-linux') }, () => {
  const root = fileURLToPath(new URL('../../../..', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'lvsd-probe-'));
  const script = join(folder, 'probe.cjs');
  before(() => {
    const source = fileURLToPath(new URL('support/permission-probe.ts', import.meta.url));
    execFileSync(join(root, 'node_modules/.bin/esbuild'), [
      ...['--bundle', '--platform=node', '--format=cjs', '--external:koffi', '--log-level=error'],
      ...[source, `--outfile=${script}`],
    ]);
  });
  after(() => rmSync(folder, { recursive: true }));

  const outcomesBehind = (...command: string[]): unknown => {
    const [program, ...words] = [...command, process.execPath, script];
    const env = { ...process.env, NODE_PATH: join(root, 'node_modules') };
    return JSON.parse(execFileSync(program, words, { encoding: 'utf8', env }));
  };
  const refused = [
    'ERR_IPVS_PERMISSION get IPVS version: EPERM',
    'ERR_IPVS_PERMISSION list services: EPERM',
    'ERR_IPVS_PERMISSION add service tcp:192.0.2.1:80: EPERM',
  ];

  it('with the capability gets answers', () =>
    inNewNamespace(() => assert.deepEqual(outcomesBehind('env'), ['done', 'done', 'done'])));

  it('of root without the capability is refused', () =>
    inNewNamespace(() => {
      const drop = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin'];
      assert.deepEqual(outcomesBehind(...drop), refused);
    }));

  it('with the capability in a user namespace and a network of its own is refused', () =>
    inNewNamespace(() => {
      assert.deepEqual(outcomesBehind('unshare', '-Ur', '-n'), refused);
    }));
});

describe(
  'without a descriptor to spare',
  { skip: skipWithout('prlimit', 'apt-get install util-linux') },
  () => {
    it('a client is not opened, and says which call failed', () =>
      inNewNamespace(() => {
        const limit = (value: string): void =>
          void execFileSync('prlimit', ['--pid', `${process.pid}`, `--nofile=${value}`]);
        const former = execFileSync(
          'prlimit',
          ['--pid', `${process.pid}`, '--nofile', '--raw', '--noheadings', '--output=SOFT'],
          {
            encoding: 'utf8',
          },
        ).trim();
        const before = openDescriptors();
        limit('200:');
        const files: number[] = [];
        try {
          assert.throws(
            () => {
              for (;;) files.push(openSync('/dev/null', 'r'));
            },
            { code: 'EMFILE' },
          );
          assert.throws(() => IpvsClient.open(), {
            code: 'ERR_SYSCALL',
            message: 'socket netlink socket: EMFILE',
          });
        } finally {
          files.forEach(closeSync);
          limit(`${former}:`);
        }
        assert.equal(openDescriptors(), before);
        IpvsClient.open().close();
      }));
  },
);
