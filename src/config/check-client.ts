/** Databases are asked by their own clients: packages that are there only if somebody installed them. */
import { clientPackageFault, installHint, type ClientPackage } from '../base/client-package.js';
import type { Spot } from './draft.js';
import type { Inputs } from './inputs.js';
import type { Path } from './path.js';
import type { Verdicts } from './rules/rule.js';
import type { CheckConfig } from './schema/check.js';

const CLIENTS: Readonly<Partial<Record<string, ClientPackage>>> = {
  redis: 'ioredis',
  postgresql: 'pg',
  mysql: 'mysql2',
  mariadb: 'mysql2',
  mongodb: 'mongodb',
};

/** Refuses a check whose client is missing. @param at path of the check below the spot */
export async function judgeClient(
  { type }: CheckConfig,
  at: Path,
  spot: Spot,
  inputs: Inputs,
  verdicts: Verdicts,
): Promise<void> {
  const client = CLIENTS[type];
  if (client === undefined) return;
  const fault = await inputs.ask(() => clientPackageFault(client));
  if (fault === null) return;
  verdicts.refuse(spot, [...at, 'type'], {
    rule: 'check-client',
    message: `a ${type} check needs the package ${client}, which ${fault}`,
    hint: installHint(client),
  });
}
