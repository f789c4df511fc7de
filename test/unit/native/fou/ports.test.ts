import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FouPorts } from '../../../../native/fou/ports.js';
import { NetlinkConnection } from '../../../../native/netlink/connection.js';
import { CodecError, NetlinkError } from '../../../../native/netlink/errors.js';
import { ack, done, entry, refuse, reply, ScriptedKernel } from '../../../support/scripted-kernel.js';
import {
  attribute,
  concat,
  genericHeader,
  hexOf,
  text,
  u16,
  u16be,
  u8,
} from '../../../support/scripted-messages.js';

const FOU = 0x22;
const familyIsFou = [
  reply(0x10, genericHeader(1, 2), attribute(2, text('fou')), attribute(1, u16(FOU))),
  ack,
];

function connect(...script: ConstructorParameters<typeof ScriptedKernel>[0]): {
  kernel: ScriptedKernel;
  ports: FouPorts;
} {
  const kernel = new ScriptedKernel([familyIsFou, ...script]);
  const ports = FouPorts.connect(new NetlinkConnection(kernel));
  assert.ok(ports);
  return { kernel, ports };
}

function payloadOf(kernel: ScriptedKernel): string {
  const [message] = kernel.sent.at(-1)!.messages;
  assert.equal(message!.type, FOU);
  return hexOf(message!.payload);
}

const port5555 = attribute(1, u16be(5555));
const ipv4 = attribute(2, u8(2));
const ipv6 = attribute(2, u8(10));
const gue = attribute(4, u8(2));

describe('FouPorts', () => {
  it('is null where the kernel has no such family', () => {
    const kernel = new ScriptedKernel([[refuse(2)]]);
    assert.equal(FouPorts.connect(new NetlinkConnection(kernel)), null);
  });

  it('opens a port for GUE, the port in network byte order', () => {
    const { kernel, ports } = connect([ack]);
    ports.add({ family: 'ipv6', port: 5555, protocol: null });
    assert.equal(payloadOf(kernel), hexOf(concat(genericHeader(1), port5555, ipv6, gue)));
  });

  it('opens a port for one protocol directly', () => {
    const { kernel, ports } = connect([ack]);
    ports.add({ family: 'ipv4', port: 5555, protocol: 4 });
    const direct = concat(attribute(4, u8(1)), attribute(3, u8(4)));
    assert.equal(payloadOf(kernel), hexOf(concat(genericHeader(1), port5555, ipv4, direct)));
  });

  it('lists ports of IP, whatever else there is', () => {
    const unix = attribute(2, u8(1));
    const { ports } = connect([
      entry(FOU, genericHeader(3), port5555, ipv4, attribute(3, u8(0)), gue),
      entry(FOU, genericHeader(3), attribute(1, u16be(80)), ipv6, attribute(3, u8(41)), attribute(4, u8(1))),
      entry(FOU, genericHeader(3), port5555, unix, gue),
      entry(FOU, genericHeader(3), port5555, ipv6, gue, attribute(99, u8(1))),
      done(),
    ]);
    assert.deepEqual(ports.list(), [
      { family: 'ipv4', port: 5555, protocol: null },
      { family: 'ipv6', port: 80, protocol: 41 },
      { family: 'ipv6', port: 5555, protocol: null },
    ]);
  });

  it('deletes a port, and takes one that is gone for deleted', () => {
    const { kernel, ports } = connect([ack], [refuse(22)], [done()]);
    ports.delete({ family: 'ipv4', port: 5555 });
    assert.equal(payloadOf(kernel), hexOf(concat(genericHeader(2), port5555, ipv4)));
    ports.delete({ family: 'ipv4', port: 5555 });
  });

  it('throws when a port that is there is not deleted', () => {
    const there = entry(FOU, genericHeader(3), port5555, ipv4, gue);
    const { ports } = connect([refuse(22)], [there, done()], [refuse(1)]);
    const key = { family: 'ipv4', port: 5555 } as const;
    assert.throws(
      () => ports.delete(key),
      (error) => error instanceof NetlinkError && error.message.includes('delete fou port ipv4 5555: EINVAL'),
    );
    assert.throws(
      () => ports.delete(key),
      (error) => error instanceof NetlinkError && error.details.errno === 'EPERM',
    );
  });

  it('refuses what is no port, and an answer without one', () => {
    const { ports } = connect([entry(FOU, genericHeader(3), ipv4, gue), done()]);
    assert.throws(() => ports.add({ family: 'ipv4', port: 0, protocol: null }), CodecError);
    assert.throws(() => ports.add({ family: 'ipv4', port: 65_536, protocol: null }), CodecError);
    assert.throws(() => ports.list(), CodecError);
  });
});
