/**
 * Changes every comparison and every integer of schedulers/, one at a time, and sees whether the vectors, traces
 * and histories notice.
 *
 *   node --import tsx test/mutation/run.ts
 */
import { formatMutant, runMutants } from './run-mutants.js';

const startedMs = performance.now();
let judged = 0;
const report = await runMutants(({ mutant, killer }) => {
  judged += 1;
  if (judged % 100 === 0)
    console.log(`${judged} judged, ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
  if (killer === null) console.log(`survived: ${formatMutant(mutant)}`);
});
const total = report.verdicts.length;
const share = ((100 * report.killed) / total).toFixed(2);
const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
const different = total - report.equivalent;
const shareOfDifferent = ((100 * report.killed) / different).toFixed(2);
console.log(`${report.killed} of ${total} mutants killed (${share} %), ${report.timedOut} by the time limit`);
console.log(`${report.killed} of ${different} that are not listed as equivalent (${shareOfDifferent} %)`);
for (const kind of ['comparison', 'step', 'literal'] as const) {
  const own = report.verdicts.filter(({ mutant }) => mutant.kind === kind);
  console.log(`  ${kind}: ${own.filter(({ killer }) => killer !== null).length} of ${own.length}`);
}
console.log(`took ${seconds} s`);
for (const { file, lineText, reason } of report.staleEquivalents) {
  console.log(`listed as equivalent, but killed or gone: schedulers/${file}: ${lineText} (${reason})`);
}
process.exitCode = report.killed >= 0.95 * different && report.staleEquivalents.length === 0 ? 0 : 1;
