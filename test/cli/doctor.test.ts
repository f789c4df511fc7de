import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { cli, DirectorHome } from '../support/test-director.js';

interface Answer {
  readonly file: string | null;
  readonly findings: readonly {
    readonly check: string;
    readonly level: string;
    readonly cures: readonly { readonly on: unknown; readonly commands: readonly string[] }[];
  }[];
  readonly checks: readonly { readonly name: string }[];
}

describe('lvsd doctor', () => {
  let home: DirectorHome;
  let file: string;
  before(async () => {
    home = await DirectorHome.create();
    file = `${home.folder}/kernel.yaml`;
    // TEST-NET addresses: no machine has them
    await writeFile(
      file,
      'services: [{ name: shop, address: "192.0.2.77:80", forwarding: dr, check: { type: none }, servers: ["192.0.2.78:80"] }]\n',
    );
  });
  after(() => home.close());

  it('finds that an address is not here, and exits 1', async () => {
    const { code, out, err } = await cli(['doctor', '-c', file, '--json']);
    assert.deepEqual([code, err], [1, '']);
    const answer = JSON.parse(out) as Answer;
    const found = answer.findings.find(({ check, level }) => check === 'addresses' && level === 'fault');
    assert.ok(found, out);
  });

  it('prints for people by default', async () => {
    const { code, out } = await cli(['doctor', '-c', file]);
    assert.equal(code, 1);
    assert.match(out, /^fault +addresses +192\.0\.2\.77$/m);
    assert.match(out, /^sick .*kernel\.yaml: \d+ faults?, /m);
  });

  it('prints a script', async () => {
    const { out } = await cli(['doctor', '-c', file, '--script']);
    assert.match(out, /^#!\/bin\/sh\n/);
  });

  it('refuses a bad file in JSON where JSON was asked for', async () => {
    const bad = `${home.folder}/bad.yaml`;
    await writeFile(bad, 'services: 7\n');
    const { code, out } = await cli(['doctor', '-c', bad, '--json']);
    assert.equal(code, 1);
    assert.equal((JSON.parse(out) as { error: { code: string } }).error.code, 'ERR_CONFIG');
  });

  it('looks at the host alone where there is no file', async () => {
    const { code, out } = await cli(['doctor', '--json']);
    const answer = JSON.parse(out) as Answer;
    assert.equal(answer.file, null);
    assert.ok(answer.checks.every(({ name }) => name !== 'servers'));
    assert.equal(code, answer.findings.some(({ level }) => level === 'fault') ? 1 : 0);
  });

  it('refuses a bad file as check does', async () => {
    const bad = `${home.folder}/bad.yaml`;
    await writeFile(bad, 'services: [{ nam: a }]\n');
    const { code, err } = await cli(['doctor', '-c', bad]);
    assert.equal(code, 1);
    assert.match(err, /bad\.yaml:1:\d+: error:/);
  });
});
