import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DoctorCheck, Finding } from '../../../../src/host/doctor/types.js';
import { fakeHost, type FakeHostPlan } from './fake-host.js';
import { modelOf } from './model-of.js';

/** A configuration with one service, which is not checked. */
export function service(rest: string, address = '10.1.0.100:80'): string {
  return `services: [{ name: shop, address: "${address}", check: { type: none }, ${rest} }]\n`;
}

export const nat = service('servers: ["10.2.0.21:80", "10.2.0.22:80"]');
/** On the network of the clients. */
export const dr = service('forwarding: dr, servers: ["10.1.0.21:80", "10.1.0.22:80"]');
export const tun = service('forwarding: tun, servers: ["10.1.0.21:80"]');

export interface CheckCase {
  readonly name: string;
  /** Null: none. */
  readonly config: string | null;
  readonly host?: FakeHostPlan;
  /** `fault 10.1.0.100` each; empty: silent. */
  readonly expected: readonly string[];
  /** Commands of all cures, those for servers with `10.1.0.21: ` before. */
  readonly cures?: readonly string[];
}

/** Registers the cases of one check. */
export function describeCheck(check: DoctorCheck, cases: readonly CheckCase[]): void {
  describe(`check ${check.name}`, () => {
    for (const { name, config, host, expected, cures } of cases) {
      it(name, async () => {
        const found = check.run(fakeHost(host), config === null ? null : await modelOf(config));
        assert.deepEqual(
          found.map(({ level, subject }) => `${level} ${subject}`.trimEnd()),
          expected,
        );
        if (cures !== undefined) assert.deepEqual(found.flatMap(commandsOf), cures);
        for (const { what, why, advice, cures: own } of found) {
          assert.match(what, /^\S.*\.$/);
          assert.match(why, /^\S.*\.$/);
          assert.doesNotMatch(why, /^[A-Z][a-z]*_/, 'a key of the file is told as it is written');
          assert.ok(advice !== '' || own.length > 0 || found[0]?.level === 'info', `no cure: ${what}`);
        }
      });
    }
  });
}

function commandsOf({ cures }: Finding): string[] {
  return cures.flatMap(({ on, commands }) =>
    commands.map((command) => (on === 'here' ? command : `${on.server}: ${command}`)),
  );
}
