/**
 * What can go wrong between director and servers, told through the whole chain from file to table: for each fault the right
 * verdict, at the right time, for the right reason, and what becomes of the service.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { certificateFaults } from './certificates.js';
import { clocks } from './clocks.js';
import { flapping } from './flapping.js';
import { httpServers } from './http-servers.js';
import { otherServers } from './other-servers.js';
import { serversInTime } from './servers-in-time.js';
import { tcpServers } from './tcp-servers.js';
import { told } from './told.js';
import { wholeService } from './whole-service.js';

const THEMES = [
  tcpServers,
  httpServers,
  otherServers,
  certificateFaults,
  told,
  serversInTime,
  flapping,
  clocks,
  wholeService,
];
/** So many at least; a theme that cannot run here is no excuse. */
const FEWEST = 60;

const met = new Set<string>();

for (const { theme, faults, skip = false, after: afterAll = () => undefined } of THEMES)
  describe(`faults: ${theme}`, { skip }, () => {
    after(afterAll);
    for (const { name, run } of faults)
      it(name, async () => {
        assert.ok(!met.has(`${theme}: ${name}`), 'it has been met before');
        await run();
        met.add(`${theme}: ${name}`);
      });
  });

describe('faults', () => {
  it(`are ${FEWEST} at least, and all of them were met as they should be`, () => {
    const all = THEMES.filter(({ skip = false }) => skip === false).flatMap(({ faults }) => faults);
    assert.equal(met.size, all.length);
    assert.ok(met.size >= FEWEST, `${met.size}`);
  });
});
