/** `lvsd plan` and `lvsd apply` without a director, on the kernel's table and real interfaces. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { applyAlone } from '../../../../src/daemon/apply-alone.js';
import { planAlone } from '../../../../src/daemon/plan-alone.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';

const addresses = (): string => execFileSync('ip', ['-o', 'addr', 'show', 'dev', 'd0'], { encoding: 'utf8' });

describe('lvsd apply', { timeout: 60_000 }, () => {
  it('adds addresses last, knows them at the next call, and deletes them first', () =>
    inNewNamespace(async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lvsd-addresses-'));
      const config = join(folder, 'lvsd.yaml');
      const write = (...services: readonly string[]): void =>
        writeFileSync(
          config,
          `director: { dataplane: kernel, state_dir: ${folder}/state }\nservices:\n` +
            services.map((service) => `  - ${service}\n`).join(''),
          { mode: 0o600 },
        );
      const rest = 'interface: d0, check: { type: none }';
      const shop = `{ name: shop, address: "192.0.2.10:80", ${rest}, servers: ["10.0.0.1:80"] }`;
      const six = `{ name: six, address: "[fd00::10]:80", ${rest}, servers: ["[fd00::1]:80"] }`;
      try {
        execFileSync('ip', ['-batch', '-'], { input: 'link add d0 type dummy\nlink set d0 up\n' });
        write(shop, six);
        const { answer } = await planAlone({ config, allowModule: false });
        const steps = answer.steps.map(({ kind, detail }) => `${kind} ${detail}`);
        assert.deepEqual(steps.slice(-2), [
          'add-address 192.0.2.10/32 on d0',
          'add-address fd00::10/128 on d0',
        ]);
        assert.doesNotMatch(addresses(), /192\.0\.2\.10|fd00::10/);
        const applied = await applyAlone({ config, allowModule: false, force: false });
        assert.deepEqual([applied.failures, applied.steps], [[], answer.steps]);
        assert.match(addresses(), /192\.0\.2\.10\/32[^]*fd00::10\/128/);
        write(six);
        const { steps: removal } = await applyAlone({ config, allowModule: false, force: false });
        assert.deepEqual(
          removal.map(({ kind, service }) => `${kind} ${service}`),
          ['delete-address shop', 'delete-service shop'],
        );
        assert.doesNotMatch(addresses(), /192\.0\.2\.10/);
        assert.deepEqual((await planAlone({ config, allowModule: false })).answer.steps, []);
      } finally {
        rmSync(folder, { recursive: true });
      }
    }));

  it('makes the host as the file says, and writes down for the next lvsd what was there before', () =>
    inNewNamespace(async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lvsd-settings-'));
      const config = join(folder, 'lvsd.yaml');
      const forward = (): string => readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim();
      try {
        writeFileSync('/proc/sys/net/ipv4/ip_forward', '0');
        writeFileSync(
          config,
          `director: { dataplane: kernel, state_dir: ${folder}/state, sysctls: set, timeouts: { tcp: 77s } }\n` +
            'services: [{ name: shop, address: "192.0.2.10:80", check: { type: none }, servers: ["10.0.0.1:80"] }]\n',
          { mode: 0o600 },
        );
        const { failures } = await applyAlone({ config, allowModule: false, force: false });
        assert.deepEqual([failures, forward()], [[], '1']);
        const record = readFileSync(join(folder, 'state', 'ownership.json'), 'utf8');
        assert.match(record, /"path":"\/proc\/sys\/net\/ipv4\/ip_forward","before":"0","set":"1"/);
        assert.match(record, /"timeoutsBefore":\{"tcpSec":900,/);
      } finally {
        rmSync(folder, { recursive: true });
      }
    }));
});
