import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { leaveTable } from '../../../src/daemon/leave-table.js';
import type { DirectorSettings, Model } from '../../../src/model/director.js';
import { controllerRig, type ControllerRig } from '../../support/controller.js';
import { model, service } from '../../support/models.js';

const shop = service('shop', '192.0.2.10:80', ['10.0.1.11:80'], { plane: 'kernel' });
const mail = service('mail', '192.0.2.11:25', ['10.0.1.12:25'], { plane: 'kernel' });

describe('a director that stops', () => {
  let logged: string[];
  let restores: number;
  let rig: ControllerRig;

  beforeEach(() => {
    logged = [];
    restores = 0;
  });

  async function leave(
    onStop: DirectorSettings['onStop'],
    failing: (attempt: number) => boolean,
  ): Promise<void> {
    const running: Model = model([shop, mail], { onStop });
    rig = controllerRig(running);
    await rig.reconciler.start();
    let attempts = 0;
    rig.plane.failStep = ({ kind, service: { name } }) =>
      kind === 'delete-service' && name === 'mail' && failing(++attempts) ? 'the kernel is busy' : null;
    await leaveTable({
      model: running,
      reconciler: rig.reconciler,
      settings: {
        restore: () => {
          restores++;
          return Promise.resolve();
        },
      },
      logger: {
        warn: (message: unknown) => logged.push(String(message)),
        error: (message: unknown) => logged.push(String(message)),
      },
    });
  }

  const left = (): string[] => [...rig.plane.table.values()].map(({ name }) => name);

  it('keeps all, and says how to clear it', async () => {
    await leave('keep', () => false);
    assert.deepEqual([left(), restores], [['shop', 'mail'], 0]);
    assert.match(logged.join('\n'), /lvsadm -D -t 192\.0\.2\.10:80/);
  });

  it('removes all, then puts the settings back', async () => {
    await leave('remove', () => false);
    assert.deepEqual([left(), restores, logged], [[], 1, []]);
  });

  it('tries again at once what fails, for there is no later', async () => {
    await leave('remove', (attempt) => attempt < 3);
    assert.deepEqual([left(), restores, logged], [[], 1, []]);
  });

  it('leaves what cannot be removed the settings that it may need, and says so', async () => {
    await leave('remove', () => true);
    assert.deepEqual([left(), restores], [['mail'], 0]);
    assert.match(logged.join('\n'), /delete service tcp:192\.0\.2\.11:25: the kernel is busy/);
    assert.match(logged.join('\n'), /settings of the host stay/);
  });
});
