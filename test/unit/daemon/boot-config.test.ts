import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ConfigError } from '../../../src/config/load.js';
import { loadAtBoot } from '../../../src/daemon/boot-config.js';
import { LastGoodStore } from '../../../src/daemon/state/last-good.js';

describe('loadAtBoot', () => {
  let folder: string;
  let file: string;
  const environment = { VIP: '192.0.2.10' };
  const options = { environment, hostName: 'test', dataplane: 'proxy' } as const;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lvsd-boot-'));
    file = join(folder, 'lvsd.yaml');
    await writeFile(file, `director: { state_dir: ${folder} }\nbroken: [\n`);
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function remember(name: string): Promise<void> {
    const files = new Map([
      [file, `director: { state_dir: ${folder} }\ninclude: conf.d/*.yaml\n`],
      [
        join(folder, 'conf.d', 'shop.yaml'),
        `services: [{ name: ${name}, address: "\${VIP}:80", servers: ["10.0.0.1:80"] }]\n`,
      ],
    ]);
    await new LastGoodStore(folder).write({ savedAtMs: 1, digest: 'd', file, files });
  }

  const unusable = (): { readonly told: string[]; readonly tell: (message: string) => void } => {
    const told: string[] = [];
    return { told, tell: (message) => void told.push(message) };
  };

  it('runs the copy with its own includes and the variables of today', async () => {
    await remember('shop');
    const { told, tell } = unusable();
    const boot = await loadAtBoot(file, { ...options, environment: { VIP: '192.0.2.99' } }, tell);
    assert.equal(boot.source, 'last-good');
    assert.deepEqual(
      boot.loaded.model.services.map(({ key }) => key),
      ['tcp:192.0.2.99:80'],
    );
    assert.deepEqual(told, []);
  });

  it('tells what is wrong with the file when there is no copy', async () => {
    await assert.rejects(loadAtBoot(file, options, unusable().tell), aboutTheFile);
  });

  it('tells what is wrong with the file, and why its copy does not help, when that is refused too', async () => {
    await remember('shop');
    const { told, tell } = unusable();
    await assert.rejects(loadAtBoot(file, { ...options, environment: {} }, tell), aboutTheFile);
    assert.match(told.join(), /VIP/);
  });

  it('passes over a damaged copy in a folder that the text mentions by chance', async () => {
    const other = await mkdtemp(join(tmpdir(), 'lvsd-boot-'));
    await writeFile(join(other, 'last-good.json'), '{"format": 1, "fi');
    await writeFile(file, `a: { state_dir: ${other} }\ndirector: { state_dir: ${folder} }\nbroken: [\n`);
    await remember('shop');
    const { told, tell } = unusable();
    assert.equal((await loadAtBoot(file, options, tell)).source, 'last-good');
    assert.match(told.join(), /not a copy that this version wrote/);
    await rm(other, { recursive: true });
  });
});

function aboutTheFile(error: unknown): boolean {
  return error instanceof ConfigError && error.report({ color: false }).includes('broken');
}
