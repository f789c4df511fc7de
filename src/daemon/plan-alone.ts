/** `lvsd plan` where no director runs: everything that the file says would be made. */
import type { PlanAnswer } from '../api/protocol.js';
import { loadConfig } from '../config/load.js';
import { computeDesired } from '../controller/desired.js';
import { describeStep } from '../controller/describe-step.js';
import { computePlan } from '../controller/plan.js';
import { indexServices } from '../controller/running-config.js';
import { chooseDataplane } from './choose-dataplane.js';
import { warningTexts } from './reload.js';
import { loadOptions, type DirectorRequest } from './start-director.js';

/**
 * Plans the file against an empty table, which is what a userspace plane that does not run has.
 *
 * @throws ConfigError when the file is refused
 * @throws DirectorError ERR_NO_KERNEL_PLANE when the table would be the kernel's
 */
export async function planAlone(request: DirectorRequest): Promise<PlanAnswer> {
  const loaded = await loadConfig(request.config, loadOptions(request));
  const { director } = loaded.model;
  const { kind } = chooseDataplane(director.dataplane, request.dataplane);
  const services = indexServices(loaded.model);
  const desired = computeDesired({ services, verdicts: new Map(), overrides: new Map(), plane: kind });
  const steps = computePlan({
    desired,
    observed: new Map(),
    owned: new Map(),
    unmanaged: director.unmanaged,
    strangers: new Map(),
  });
  return {
    file: request.config,
    steps: steps.map(describeStep),
    refusedWithoutForce: null,
    warnings: warningTexts(loaded),
  };
}
