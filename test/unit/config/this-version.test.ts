/** What a file says and this version does not do is told, at its line. `«` stands before it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LoadOptions } from '../../../src/config/load.js';
import { loadText } from '../../support/config-text.js';

const SERVICE = '  - name: web\n    address: 192.0.2.10:80\n    servers: [10.0.0.1:80]\n';
const PROXY = 'director:\n  dataplane: proxy\n';

async function warningsOf(text: string, options: Partial<LoadOptions> = {}) {
  const { warnings } = await loadText(text, options);
  return warnings;
}

function placeOfMark(text: string): string {
  const before = text.slice(0, text.indexOf('«')).split('\n');
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`;
}

/** The one warning of a marked text, after its place was found right. */
async function onlyWarning(marked: string) {
  const [warning, ...more] = await warningsOf(marked.replace('«', ''));
  assert.ok(warning);
  assert.deepEqual(more, []);
  assert.equal(`${warning.line}:${warning.column}`, placeOfMark(marked));
  return warning;
}

describe('a key without effect on the userspace plane', () => {
  const ofDirector = [
    { path: 'director.on_stop', text: '  «on_stop: keep\n' },
    { path: 'director.unmanaged', text: '  «unmanaged: remove\n' },
    { path: 'director.drift', text: '  «drift: alert\n' },
    { path: 'director.sysctls', text: '  «sysctls: set\n' },
    { path: 'director.lost_flows', text: '  «lost_flows: drop\n' },
    { path: 'director.marks', text: '  «marks:\n    size: 10\n' },
    { path: 'director.proxy.engine', text: '  proxy:\n    «engine: net\n' },
  ];
  for (const plane of ['proxy', 'auto']) {
    for (const { path, text } of ofDirector) {
      it(`is told with plane ${plane}: ${path}`, async () => {
        const { rule, path: told } = await onlyWarning(
          `director:\n  dataplane: ${plane}\n${text}services:\n${SERVICE}`,
        );
        assert.deepEqual([rule, told], ['no-effect', path]);
      });
    }
  }

  it('is told of a service: drift', async () => {
    const { rule, path } = await onlyWarning(`${PROXY}services:\n${SERVICE}    «drift: ignore\n`);
    assert.deepEqual([rule, path], ['no-effect', 'services[0].drift']);
  });

  it('is told of a service: interface, with the command that does its work', async () => {
    const { rule, message, hint } = await onlyWarning(`${PROXY}services:\n${SERVICE}    «interface: eth0\n`);
    assert.equal(rule, 'no-effect');
    assert.equal(message, 'lvsd does not put the address on eth0 on the userspace plane');
    assert.match(hint ?? '', /host yourself \(ip address add 192\.0\.2\.10\/32 dev eth0\)/);
  });

  it('names no command where a service has several addresses', async () => {
    const match = '[{ address: 192.0.2.1, ports: 80 }, { address: 192.0.2.2, ports: 80 }]';
    const { hint } = await onlyWarning(
      `${PROXY}services:\n  - { name: web, servers: [10.0.0.1:80], match: ${match}, «interface: eth0 }\n`,
    );
    assert.equal(hint, 'add the address to the host yourself, and remove the key');
  });

  it('is told of a service with `dataplane: proxy` under the kernel plane', async () => {
    const warnings = await warningsOf(`services:\n${SERVICE}    dataplane: proxy\n    interface: eth0\n`);
    assert.deepEqual(
      warnings.map(({ rule }) => rule),
      ['no-effect'],
    );
  });

  it('is told once where services share it by a merge key', async () => {
    const shared = (port: number): string =>
      `  - { <<: *shared, name: s${port}, address: "192.0.2.10:${port}" }\n`;
    const warnings = await warningsOf(
      `${PROXY}services:\n  - &shared { name: web, address: "192.0.2.10:80", drift: alert, servers: [10.0.0.1:80] }\n${shared(81)}${shared(82)}`,
    );
    assert.equal(warnings.length, 1);
  });

  it('is not told with the kernel plane', async () => {
    const director = `director:\n  dataplane: kernel\n${ofDirector.map(({ text }) => text.replace('«', '')).join('')}`;
    const warnings = await warningsOf(
      `${director}services:\n${SERVICE}    drift: alert\n    interface: eth0\n`,
    );
    assert.deepEqual(warnings, []);
  });

  it('is told of a file for the kernel that is judged for the userspace plane', async () => {
    const warnings = await warningsOf(`director: { on_stop: remove }\nservices:\n${SERVICE}`, {
      dataplane: 'proxy',
    });
    assert.deepEqual(
      warnings.map(({ path }) => path),
      ['director.on_stop'],
    );
  });
});

describe('keys with an effect on the userspace plane', () => {
  it('are not told', async () => {
    const director = [
      'name: a',
      'admin: { listen: none, socket: /run/a.sock }',
      'state_dir: /var/lib/a',
      'timeouts: { tcp: 15m, tcp_fin: 2m, udp: 5m }',
      'resync: 10s',
      'shrink_guard: 40%',
      'proxy: {}',
    ];
    const service = [
      'scheduler: sh',
      'scheduler_flags: [sh-fallback, sh-port]',
      'persistence: { timeout: 6m, client_prefix: 24 }',
      'on_failure: quiesce',
      'retries: 2',
      'dataplane: proxy',
    ];
    const text = `${PROXY}${director.map((line) => `  ${line}\n`).join('')}services:\n${SERVICE}${service.map((line) => `    ${line}\n`).join('')}`;
    assert.deepEqual(await warningsOf(text), []);
  });
});

describe('one_packet with nat servers', () => {
  const calls = (forwarding: string): string =>
    `services:\n  - { name: calls, address: "192.0.2.10:53", protocol: udp, one_packet: «true, forwarding: ${forwarding}, servers: [10.0.0.1] }\n`;

  it('is told on the kernel plane', async () => {
    const { rule, hint } = await onlyWarning(calls('nat'));
    assert.equal(rule, 'one-packet-nat');
    assert.match(hint ?? '', /forwarding: dr or tun/);
  });

  it('is not told where answers do not pass the director, nor on the userspace plane', async () => {
    assert.deepEqual(await warningsOf(calls('dr').replace('«', '')), []);
    assert.deepEqual(await warningsOf(calls('nat').replace('«', ''), { dataplane: 'proxy' }), []);
  });
});
