/** The controller alone, on the kernel plane and without a director around it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IpvsClient } from '../../native/index.js';
import { realClock, realRandom } from '../../src/base/clock.js';
import { loadConfig } from '../../src/config/load.js';
import { EventLog } from '../../src/controller/event-log.js';
import { Reconciler } from '../../src/controller/reconciler.js';
import { KernelDataplane } from '../../src/dataplane/kernel/kernel-dataplane.js';
import type { Model } from '../../src/model/director.js';
import { expectComplete } from '../support/empty-table.js';
import { lvsdConfig } from '../support/rules.js';

/** Makes the table of a configuration that has been parsed. @returns what it took, milliseconds */
export async function programOnce(table: IpvsClient, model: Model): Promise<number> {
  const dataplane = new KernelDataplane({ table: IpvsClient.open(), clock: realClock });
  const begin = performance.now();
  const reconciler = new Reconciler({
    dataplane,
    clock: realClock,
    random: realRandom,
    events: new EventLog(realClock),
    model,
    frame: () => {
      throw new Error('nobody asks for the status');
    },
  });
  const { failures } = await reconciler.start();
  const wallMs = performance.now() - begin;
  await reconciler.close();
  await dataplane.close();
  if (failures.length > 0) throw new Error(`${failures.length} steps failed`, { cause: failures[0] });
  expectComplete(table, model.services.length, 'the controller');
  return wallMs;
}

/** The parsed configuration, once for all turns: what parsing leaves behind is not the controller's to clean up. */
export async function parsedModel(services: number): Promise<Model> {
  const folder = mkdtempSync(join(tmpdir(), 'controller-'));
  const file = join(folder, 'lvsd.yaml');
  writeFileSync(file, lvsdConfig(services, folder));
  const { model } = await loadConfig(file, { environment: {}, hostName: 'bench' });
  rmSync(folder, { recursive: true });
  return model;
}
