/** Tests that need a tool of the machine: run it, or skip with the reason and the cure, or fail where it must be there. */
import { spawnSync } from 'node:child_process';

/**
 * Whether a test that needs `tool` is to be skipped, for node:test's `skip` option.
 *
 * @param cure how to get the tool, "apt-get install prometheus"
 * @returns false when the tool runs; else the reason and the cure, also printed
 * @throws Error instead of a skip when LVSD_TEST_REQUIRE (words separated by commas) names the tool
 */
export function skipWithout(tool: string, cure: string): false | string {
  if (spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined) return false;
  return skipOrFail(tool, `${tool} is not installed; cure: ${cure}`);
}

/**
 * The reason of a skip, printed.
 *
 * @param need the word of LVSD_TEST_REQUIRE
 * @param reason with the cure
 * @returns `reason`
 * @throws Error instead of a skip when LVSD_TEST_REQUIRE names `need`
 */
export function skipOrFail(need: string, reason: string): string {
  const required = (process.env['LVSD_TEST_REQUIRE'] ?? '').split(',').map((word) => word.trim());
  if (required.includes(need)) throw new Error(`${reason} (required by LVSD_TEST_REQUIRE)`);
  console.log(`skipped: ${reason}`);
  return reason;
}
