/** Holds plain data against the schema; what does not fit becomes problems with places. */
import type { z } from 'zod';
import { formatPath, type Path } from './path.js';
import { suggest, type Finding, type ProblemList } from './problem-list.js';
import { ALREADY_TOLD } from './schema/fields.js';
import { faultsOf, type ShapeFault } from './shape-faults.js';
import type { Tree } from './tree.js';

/**
 * The typed value, with defaults; null when the data does not fit, and then every misfit is in `problems`.
 *
 * @param path of `raw` in its file
 */
export function parseShape<T>(
  schema: z.ZodType<T>,
  raw: unknown,
  tree: Tree,
  path: Path,
  problems: ProblemList,
): T | null {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const faults = faultsOf(result.error.issues, raw, path);
  const meant = new Set(faults.map((fault) => fault.meantPath));
  for (const fault of faults) {
    const isSlip = fault.missingPath !== null && meant.has(fault.missingPath);
    if (fault.finding.rule === ALREADY_TOLD || isSlip) continue;
    const place = fault.at === 'key' ? tree.keyAt(fault.path) : tree.valueAt(fault.path);
    problems.add({ ...place, path: formatPath(fault.path) }, findingOf(fault));
  }
  return null;
}

function findingOf({ finding, choice }: ShapeFault): Finding {
  return choice === null ? finding : { ...finding, hint: suggest(choice.word, choice.allowed) };
}
