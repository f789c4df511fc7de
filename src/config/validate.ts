/** Runs every rule across keys. The rules themselves are in rules/, a topic a file. */
import type { Draft } from './draft.js';
import { addressOf, planesOf } from './facts.js';
import type { ResolvedService } from './resolve-servers.js';
import { ADDRESS_RULES } from './rules/address.js';
import { CHECK_RULES } from './rules/checks.js';
import { judgeDirector } from './rules/director.js';
import { judgeHa } from './rules/ha.js';
import { TABLE_RULES } from './rules/identity.js';
import { judgeNotices } from './rules/notices.js';
import { OPTION_RULES } from './rules/options.js';
import { OWN_SOCKET_RULES } from './rules/own-sockets.js';
import { PLANE_RULES } from './rules/plane.js';
import type { JudgedService, Verdicts } from './rules/rule.js';
import { SCHEDULING_RULES } from './rules/scheduling.js';
import { SERVER_RULES } from './rules/servers.js';
import { ROLE_RULES } from './rules/roles.js';
import { SERVING_RULES } from './rules/serving.js';
import { THIS_VERSION_RULES, warnAboutThisVersion } from './rules/this-version.js';
import { WEIGHT_RULES } from './rules/weights.js';
import { warnAboutPools } from './rules/pools.js';

const SERVICE_RULES = [
  ...ADDRESS_RULES,
  ...SCHEDULING_RULES,
  ...SERVER_RULES,
  ...CHECK_RULES,
  ...OPTION_RULES,
  ...SERVING_RULES,
  ...ROLE_RULES,
  ...WEIGHT_RULES,
  ...PLANE_RULES,
  ...OWN_SOCKET_RULES,
  ...THIS_VERSION_RULES,
];

/** Never throws: what is wrong is in the verdicts. */
export function validate(draft: Draft, services: readonly ResolvedService[], verdicts: Verdicts): void {
  const judged: JudgedService[] = services.map((service, order) => ({
    ...service,
    order,
    address: addressOf(service.config),
    planes: planesOf(service.config, draft.director),
  }));
  // First: of more warnings than are told, these are the ones that must not be missing.
  if (draft.director !== null) warnAboutThisVersion(draft.director, draft.directorSpot, verdicts);
  for (const service of judged) {
    for (const rule of SERVICE_RULES) rule(service, verdicts, draft.director);
  }
  for (const rule of TABLE_RULES) rule(judged, verdicts);
  if (draft.director !== null) judgeDirector(draft.director, draft.directorSpot, judged, verdicts);
  judgeNotices(draft, verdicts);
  judgeHa(draft, judged, verdicts);
  warnAboutPools(draft, verdicts);
}
