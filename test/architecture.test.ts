/**
 * Holds the import table of CONTRIBUTING: who may import whom, which packages belong to which folder,
 * which files stay pure, and that there are no cycles (type-only imports included).
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Rule {
  /** Path prefixes of our own files that may be imported, beside the folder itself. */
  readonly own: readonly string[];
  /** `node:` modules: all, or none. */
  readonly node: boolean;
  readonly packages: readonly string[];
}

/** The longest matching prefix decides. A folder without a rule is an error, so that a new one is thought about. */
const table: Readonly<Record<string, Rule>> = {
  'schedulers/': { own: [], node: false, packages: [] },
  'native/libc/': { own: [], node: true, packages: [] },
  'native/libc/binding.ts': { own: ['native/libc/'], node: true, packages: ['koffi'] },
  'native/inet/': { own: ['native/netlink/errors.ts'], node: false, packages: [] },
  'native/netlink/': { own: ['native/libc/'], node: true, packages: [] },
  'native/genetlink/': { own: ['native/netlink/'], node: true, packages: [] },
  'native/ipvs/': {
    own: ['native/libc/', 'native/inet/', 'native/netlink/', 'native/genetlink/'],
    node: true,
    packages: [],
  },
  'native/fou/': {
    own: ['native/libc/', 'native/inet/', 'native/netlink/', 'native/genetlink/'],
    node: true,
    packages: [],
  },
  'native/rtnetlink/': { own: ['native/libc/', 'native/inet/', 'native/netlink/'], node: true, packages: [] },
  'native/neighbour/': {
    own: ['native/libc/', 'native/inet/', 'native/netlink/'],
    node: true,
    packages: [],
  },
  'native/icmp/': { own: ['native/libc/', 'native/inet/'], node: true, packages: [] },
  'native/vrrp/': {
    own: ['native/libc/', 'native/inet/', 'native/netlink/errors.ts', 'native/rtnetlink/'],
    node: true,
    packages: [],
  },
  'native/proc/': {
    own: ['native/libc/errno.ts', 'native/inet/', 'native/netlink/errors.ts'],
    node: true,
    packages: [],
  },
  'native/index.ts': { own: ['native/'], node: false, packages: [] },
  'src/base/': { own: [], node: true, packages: ['ipaddr.js', 'pino', 'pino-pretty', 're2js'] },
  'src/model/': { own: ['src/base/'], node: false, packages: [] },
  'src/config/': { own: ['src/base/', 'src/model/'], node: true, packages: ['yaml', 'zod'] },
  'src/metrics/': { own: ['src/base/', 'src/model/'], node: true, packages: ['prom-client'] },
  'src/health/': {
    own: ['src/base/', 'src/model/'],
    node: true,
    packages: ['dns-packet', 'ioredis', 'mongodb', 'mysql2', 'pg'],
  },
  'src/health/net/': {
    own: [
      'src/health/',
      'src/base/',
      'src/model/',
      'native/icmp/',
      'native/libc/',
      'native/inet/',
      'native/rtnetlink/',
    ],
    node: true,
    packages: [],
  },
  'src/notices/': { own: ['src/base/', 'src/model/'], node: true, packages: ['undici', 'nodemailer'] },
  'src/simulate/': { own: ['src/base/', 'src/model/', 'schedulers/'], node: true, packages: [] },
  'src/dataplane/types.ts': { own: ['src/base/', 'src/model/'], node: false, packages: [] },
  'src/dataplane/address-table.ts': {
    own: ['src/model/', 'src/dataplane/types.ts'],
    node: false,
    packages: [],
  },
  'src/dataplane/addresses/': {
    own: [
      'src/base/',
      'src/model/',
      'src/dataplane/types.ts',
      'src/dataplane/address-table.ts',
      'native/rtnetlink/',
      'native/neighbour/',
      'native/netlink/connection.ts',
      'native/libc/errno.ts',
    ],
    node: true,
    packages: [],
  },
  'src/dataplane/proxy/': {
    own: ['src/base/', 'src/model/', 'src/dataplane/types.ts', 'schedulers/'],
    node: true,
    packages: [],
  },
  'src/dataplane/kernel/': {
    own: [
      'src/base/',
      'src/model/',
      'src/dataplane/types.ts',
      'native/ipvs/',
      'native/proc/',
      'native/rtnetlink/',
      'native/inet/',
      'native/libc/errno.ts',
      'native/libc/namespace.ts',
    ],
    node: true,
    packages: [],
  },
  'src/dataplane/composite/': {
    own: ['src/base/', 'src/model/', 'src/dataplane/types.ts'],
    node: false,
    packages: [],
  },
  'src/host/': { own: ['src/base/', 'src/model/', 'src/config/', 'native/'], node: true, packages: [] },
  'src/controller/': {
    own: ['src/base/', 'src/model/', 'src/dataplane/types.ts', 'src/dataplane/address-table.ts'],
    node: false,
    packages: [],
  },
  'src/api/': {
    own: [
      'src/base/',
      'src/model/',
      'src/dataplane/types.ts',
      'src/dataplane/address-table.ts',
      'src/controller/status.ts',
    ],
    node: true,
    packages: ['fastify', 'zod'],
  },
  // The whole of lvsd-vrrp: it needs nothing of the director's.
  'src/ha/': {
    own: [
      'src/base/',
      'src/model/',
      'native/icmp/',
      'native/vrrp/',
      'native/rtnetlink/',
      'native/neighbour/',
      'native/netlink/',
      'native/inet/',
      'native/libc/',
      'native/proc/',
    ],
    node: true,
    packages: [],
  },
  // The machine and who performs its actions: the kernel is handed to them.
  'src/ha/instance.ts': { own: ['src/base/', 'src/model/'], node: false, packages: [] },
  'src/ha/machine.ts': { own: ['src/base/', 'src/model/'], node: false, packages: [] },
  'src/ha/timers.ts': { own: [], node: false, packages: [] },
  'src/report/': { own: ['src/base/', 'src/model/'], node: false, packages: [] },
  'src/agent/': { own: ['src/base/'], node: true, packages: [] },
  'src/cli/': {
    own: [
      'src/agent/',
      'src/report/',
      'src/base/',
      'src/model/',
      'src/api/client.ts',
      'src/api/protocol.ts',
      'src/config/',
      'src/host/',
      'src/simulate/',
    ],
    node: true,
    packages: ['commander', 'diff'],
  },
  'src/cli/main.ts': {
    own: ['src/cli/', 'src/base/', 'src/daemon/', 'src/demo/'],
    node: true,
    packages: ['commander'],
  },
  'src/lvsadm/': {
    own: ['native/ipvs/', 'native/proc/', 'native/inet/', 'native/libc/errno.ts', 'native/netlink/errors.ts'],
    node: true,
    packages: [],
  },
  // Loaded for --userspace alone, which asks a running lvsd.
  'src/lvsadm/userspace': {
    own: [
      'src/lvsadm/',
      'src/api/client.ts',
      'src/api/protocol.ts',
      'src/base/',
      'src/model/',
      'src/dataplane/types.ts',
      'native/ipvs/',
      'native/netlink/errors.ts',
    ],
    node: true,
    packages: [],
  },
  // Loaded for --no-probes alone, which reads what an lvsd has written.
  'src/lvsadm/own-probes.ts': { own: ['src/base/'], node: true, packages: [] },
  'src/demo/': { own: ['src/base/', 'src/api/client.ts', 'src/model/'], node: true, packages: [] },
  'src/daemon/': {
    own: ['src/', 'schedulers/', 'native/'],
    node: true,
    packages: ['pino', 'prom-client', 'zod'],
  },
  'src/index.ts': { own: ['src/'], node: true, packages: [] },
};

/** Decisions and bytes: these import no `node:` module but buffer and assert. */
const pureFiles = [
  'src/agent/answer.ts',
  'src/agent/proc-text.ts',
  'src/agent/share.ts',
  'src/controller/desired.ts',
  'src/controller/plan-addresses.ts',
  'src/controller/plan.ts',
  'src/controller/shrink-guard.ts',
  'src/controller/standing.ts',
  'src/health/rise-fall.ts',
  'src/notices/content.ts',
  'src/notices/mail-rate.ts',
  'src/notices/mail-text.ts',
  'src/notices/select.ts',
  'src/notices/waiting-line.ts',
  'src/ha/effective-priority.ts',
  'src/ha/groups.ts',
  'src/ha/instance-conditions.ts',
  'src/ha/machine-state.ts',
  'src/ha/machine.ts',
  'src/ha/message-fields.ts',
  'src/ha/messages.ts',
  'src/ha/timers.ts',
  'src/host/sysctl-advice.ts',
  'src/host/doctor/firewall/evaluate.ts',
  'src/host/doctor/firewall/iptables.ts',
  'src/host/doctor/firewall/nft.ts',
  'native/neighbour/arp-question.ts',
  'native/neighbour/echo.ts',
  'native/fou/port-codec.ts',
  'native/icmp/echo-message.ts',
  'native/inet/address.ts',
  'native/inet/family.ts',
  'native/neighbour/advertisement.ts',
  'native/neighbour/arp.ts',
  'native/neighbour/ethernet.ts',
  'native/proc/connection-line.ts',
  'native/proc/lines.ts',
  'native/proc/printed-row.ts',
  'native/rtnetlink/address-attribute.ts',
  'native/rtnetlink/address-codec.ts',
  'native/rtnetlink/link-codec.ts',
  'native/rtnetlink/route-codec.ts',
  'native/vrrp/advertisement-memory.ts',
  'native/vrrp/checksum.ts',
  'native/vrrp/hello-memory.ts',
  'native/vrrp/hello.ts',
  'native/vrrp/ip-packet.ts',
  'native/vrrp/judgement.ts',
  'native/vrrp/packet.ts',
  'native/vrrp/path-memory.ts',
  'native/vrrp/source.ts',
];

const barrels = new Set(['native/index.ts', 'schedulers/index.ts', 'src/index.ts']);

function sourceFiles(): string[] {
  return ['src', 'schedulers', 'native']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return ts.preProcessFile(text, true, true).importedFiles.map((imported) => imported.fileName);
}

/** Path of our own file that `specifier` names, or null for a package or a `node:` module. */
function ownFile(from: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  return join(dirname(from), specifier).split(sep).join('/').replace(/\.js$/, '.ts');
}

function ruleOf(file: string): { prefix: string; rule: Rule } | null {
  const prefix = Object.keys(table)
    .filter((candidate) => file.startsWith(candidate))
    .sort((a, b) => b.length - a.length)[0];
  const rule = prefix === undefined ? undefined : table[prefix];
  return prefix === undefined || rule === undefined ? null : { prefix, rule };
}

function objection(file: string, specifier: string): string | null {
  const found = ruleOf(file);
  if (found === null) return `${file}: no rule in the import table for this folder`;
  const { prefix, rule } = found;
  const target = ownFile(file, specifier);
  if (target !== null) {
    const folder = prefix.endsWith('/') ? prefix : `${dirname(prefix)}/`;
    const allowed = target.startsWith(folder) || rule.own.some((own) => target.startsWith(own));
    return allowed ? null : `${file} imports ${target}`;
  }
  if (specifier.startsWith('node:')) return rule.node ? null : `${file} imports ${specifier}`;
  if (builtinModules.includes(specifier)) return `${file} imports ${specifier} without node:`;
  const packageName = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return rule.packages.includes(packageName) ? null : `${file} imports package ${specifier}`;
}

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | null => {
    if (done.has(file)) return null;
    const start = path.indexOf(file);
    if (start >= 0) return [...path.slice(start), file];
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle !== null) return cycle;
    }
    path.pop();
    done.add(file);
    return null;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle !== null) return cycle;
  }
  return null;
}

describe('import table', () => {
  const files = sourceFiles();

  it('covers source files at all', () => assert.ok(files.length > 20, `${files.length} files`));

  it('holds for every import', () => {
    const objections = files.flatMap((file) =>
      importsOf(file)
        .map((specifier) => objection(file, specifier))
        .filter((text) => text !== null),
    );
    assert.deepEqual(objections, []);
  });

  it('has no cycle', () => {
    const graph = new Map(
      files.map((file) => [
        file,
        importsOf(file)
          .map((specifier) => ownFile(file, specifier))
          .filter((target) => target !== null),
      ]),
    );
    assert.equal(findCycle(graph)?.join(' -> ') ?? null, null);
  });

  it('keeps decisions free of node modules', () => {
    const impure = pureFiles.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith('node:') && !/^node:(buffer|assert)/.test(specifier))
        .map((specifier) => `${file} imports ${specifier}`),
    );
    assert.deepEqual(impure, []);
  });

  it('has barrels only where a package entry needs one', () => {
    const found = files.filter((file) => file.endsWith('/index.ts') && !barrels.has(file));
    assert.deepEqual(found, []);
  });
});

describe('the import table itself', () => {
  it('rejects a scheduler that reads the clock', () => {
    assert.equal(
      objection('schedulers/rr.ts', '../src/base/clock.js'),
      'schedulers/rr.ts imports src/base/clock.ts',
    );
    assert.equal(objection('schedulers/rr.ts', 'node:fs'), 'schedulers/rr.ts imports node:fs');
  });

  it('rejects a controller that knows a data plane', () => {
    assert.notEqual(objection('src/controller/apply.ts', '../dataplane/proxy/proxy-dataplane.js'), null);
    assert.equal(objection('src/controller/apply.ts', '../dataplane/types.js'), null);
  });

  it('lets only the command line start a daemon', () => {
    assert.equal(objection('src/cli/main.ts', '../daemon/daemon.js'), null);
    assert.notEqual(objection('src/cli/commands/status.ts', '../../daemon/daemon.js'), null);
  });

  it('finds a cycle', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
    ]);
    assert.deepEqual(findCycle(graph), ['b', 'c', 'b']);
  });
});
