import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NetlinkConnection } from '../../../../native/netlink/connection.js';
import { RtnetlinkError } from '../../../../native/rtnetlink/errors.js';
import { lookupRoute } from '../../../../native/rtnetlink/route-lookup.js';
import type { RouteLookup } from '../../../../native/rtnetlink/types.js';
import { ack, refuse, reply, ScriptedKernel } from '../../../support/scripted-kernel.js';
import { hex, hexOf, hostIsLittleEndian } from '../../../support/scripted-messages.js';

const RTM_NEWROUTE = 24;
const skip = hostIsLittleEndian ? false : 'the bytes are those of a little-endian machine';

/** `ip route get 10.9.0.1`: a copy for one flow. */
const answer = hex(`
  02 20 00 00 fe 00 00 01 00020000   ; AF_INET, /32, table main, unicast, RTM_F_CLONED
  0800 0100 0a090001                 ; RTA_DST 10.9.0.1
  0800 0400 03000000                 ; RTA_OIF 3
  0800 0700 0a070001                 ; RTA_PREFSRC 10.7.0.1
  0800 0500 0a070009                 ; RTA_GATEWAY 10.7.0.9
`);

function run(script: ConstructorParameters<typeof ScriptedKernel>[0], lookup: RouteLookup) {
  const kernel = new ScriptedKernel(script);
  return { kernel, route: () => lookupRoute(new NetlinkConnection(kernel), lookup) };
}

describe('lookupRoute', { skip }, () => {
  it("asks with all that is known of the packet, and gives the kernel's choice", () => {
    const { kernel, route } = run([[reply(RTM_NEWROUTE, answer), ack]], {
      destination: '10.9.0.1',
      source: '10.7.0.1',
      inputIndex: 2,
      mark: 7,
    });
    const found = route();
    assert.deepEqual(found?.nextHops, [{ gateway: '10.7.0.9', index: 3 }]);
    assert.equal(found.preferredSource, '10.7.0.1');
    const expected = hex(`
      02 20 20 00 00 00 00 00 00000000   ; AF_INET, /32 from /32
      0800 0100 0a090001                 ; RTA_DST
      0800 0200 0a070001                 ; RTA_SRC
      0800 0300 02000000                 ; RTA_IIF
      0800 1000 07000000                 ; RTA_MARK
    `);
    assert.ok(hexOf(kernel.sent[0]!.bytes).endsWith(hexOf(expected)), hexOf(kernel.sent[0]!.bytes));
  });

  for (const errno of [101, 113, 13, 22, 18]) {
    it(`gives null where errno ${errno} says that nothing leads there`, () => {
      assert.equal(run([[refuse(errno)]], { destination: '10.9.0.1' }).route(), null);
    });
  }

  it('gives null for a route that leads nowhere', () => {
    assert.equal(
      run([[reply(RTM_NEWROUTE, answer.with(7, 7)), ack]], { destination: '10.9.0.1' }).route(),
      null,
    );
  });

  it('throws any other refusal', () => {
    assert.throws(run([[refuse(1)]], { destination: '10.9.0.1' }).route, RtnetlinkError);
  });
});
