import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SyscallError } from '../../../../native/libc/errno.js';
import { NetlinkConnection } from '../../../../native/netlink/connection.js';
import { CodecError, NetlinkError } from '../../../../native/netlink/errors.js';
import type { NetlinkMessage } from '../../../../native/netlink/message.js';
import { Reader } from '../../../../native/netlink/reader.js';
import type { NetlinkRequest } from '../../../../native/netlink/request.js';
import {
  ack,
  answerEach,
  done,
  entry,
  interrupted,
  noop,
  overrun,
  overrunMessage,
  refuse,
  reply,
  ScriptedKernel,
  stray,
} from '../../../support/scripted-kernel.js';
import type { Reply, Step } from '../../../support/scripted-kernel.js';
import { concat, hex, hexOf, message, u32 } from '../../../support/scripted-messages.js';

const EPERM = 1;
const EEXIST = 17;
const EINVAL = 22;
const ESRCH = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP = 0x300;
const NLMSG_NOOP = 1;
const type = 0x21;

/** A request whose payload is one number. */
function request(number: number, flags?: number): NetlinkRequest {
  return {
    operation: `order ${number}`,
    type,
    ...(flags === undefined ? {} : { flags }),
    encode: (writer) => writer.u32(number, 'number'),
  };
}
const question = request(1);
const unencodable: NetlinkRequest = {
  operation: 'order nothing',
  type,
  encode: (writer) => {
    writer.u32(7, 'number');
    writer.u8(256, 'ttl');
  },
};

/** Decodes the payload's one number. */
function numberOf(answer: NetlinkMessage): number {
  return new Reader(answer.payload).u32(0, 'number');
}
const reported = (number: number): Reply => reply(type, u32(number));
const listed = (number: number): Reply => entry(type, u32(number));
const malformed: Reply = entry(type, hex('00'));

function connect(
  kernel: ScriptedKernel,
  limits: ConstructorParameters<typeof NetlinkConnection>[1] = {},
  firstSequence?: number,
): NetlinkConnection {
  return new NetlinkConnection(kernel, limits, firstSequence);
}

/** Runs what must fail, and gives the error. */
function failure(run: () => unknown): NetlinkError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof NetlinkError, String(error));
    return error as NetlinkError;
  }
  return assert.fail('it succeeded');
}

describe('NetlinkConnection.request', () => {
  it('sends one message that asks for an acknowledgement', () => {
    const kernel = new ScriptedKernel([[ack]]);
    connect(kernel).request(request(5, 0x800), numberOf);
    assert.deepEqual(
      kernel.sent.map(({ bytes }) => bytes),
      [message({ type, flags: NLM_F_REQUEST | NLM_F_ACK | 0x800, sequence: 1 }, u32(5))],
    );
  });

  it('gives the messages before the acknowledgement, in one datagram or in several', () => {
    for (const step of [[reported(7), ack], [[reported(7), ack]]] satisfies Step[]) {
      assert.deepEqual(connect(new ScriptedKernel([step])).request(question, numberOf), [7]);
    }
    const several: Step = [[reported(1), reported(2)], reported(3), ack];
    assert.deepEqual(connect(new ScriptedKernel([several])).request(question, numberOf), [1, 2, 3]);
  });

  it('gives nothing when only the acknowledgement comes', () =>
    assert.deepEqual(connect(new ScriptedKernel([[ack]])).request(question, numberOf), []));

  it('numbers requests one after the other', () => {
    const kernel = new ScriptedKernel([], [ack]);
    const connection = connect(kernel);
    for (let count = 0; count < 3; count++) connection.request(question, numberOf);
    assert.deepEqual(
      kernel.requests.map(({ sequence }) => sequence),
      [1, 2, 3],
    );
  });

  it('goes on from the largest number with 1, for 0 is the kernel’s', () => {
    const kernel = new ScriptedKernel([], [reported(7), ack]);
    const connection = connect(kernel, {}, 0xfffffffe);
    for (let count = 0; count < 3; count++) assert.deepEqual(connection.request(question, numberOf), [7]);
    assert.deepEqual(
      kernel.requests.map(({ sequence }) => sequence),
      [0xfffffffe, 0xffffffff, 1],
    );
  });

  it('passes over answers to other requests, notices and NOOP', () => {
    const step: Step = [
      stray(refuse(EPERM), 41),
      [stray(reported(9), 0), noop],
      [stray(done(), 43), reported(7)],
      stray(ack, 0xffffffff),
      ack,
    ];
    assert.deepEqual(connect(new ScriptedKernel([step])).request(question, numberOf), [7]);
  });

  it('reports a refusal with errno, words and offset', () => {
    const step: Step = [refuse(EINVAL, { text: 'Unknown attribute', offset: 24 })];
    const error = failure(() => connect(new ScriptedKernel([step])).request(question, numberOf));
    assert.equal(error.message, 'order 1: EINVAL, Unknown attribute');
    assert.equal(error.code, 'ERR_NETLINK_REPLY');
    assert.deepEqual(error.details, {
      operation: 'order 1',
      errno: 'EINVAL',
      errnoNumber: 22,
      extackText: 'Unknown attribute',
      extackOffset: 24,
      sequence: 1,
    });
  });

  it('reports a refusal of a kernel that repeats the request whole', () => {
    const step: Step = [refuse(EPERM, { text: 'no', uncapped: true })];
    const error = failure(() => connect(new ScriptedKernel([step])).request(question, numberOf));
    assert.equal(error.message, 'order 1: EPERM, no');
  });

  it('reports silence after the time limit', () => {
    const kernel = new ScriptedKernel([[]]);
    const error = failure(() => connect(kernel, { replyTimeoutMs: 30 }).request(question, numberOf));
    assert.equal(error.code, 'ERR_NETLINK_TIMEOUT');
    assert.equal(error.message, 'order 1: no answer within 30 ms');
    assert.deepEqual(kernel.waits, [30]);
  });

  it('reports lost answers, and is not confused by what is left of them', () => {
    // until its queue is empty the kernel answers nothing more
    const kernel: ScriptedKernel = new ScriptedKernel(
      [[overrun(), reported(1), overrun(), [reported(8), reported(9)], ack]],
      () => (kernel.unused > 0 ? [] : [[reported(2), ack]]),
    );
    const connection = connect(kernel, { replyTimeoutMs: 5000 });
    const error = failure(() => connection.request(question, numberOf));
    assert.equal(error.code, 'ERR_NETLINK_OVERRUN');
    assert.ok(error.cause instanceof SyscallError);
    assert.deepEqual(kernel.waits, [5000, 0, 0, 0, 0, 0]);
    assert.deepEqual(connection.request(question, numberOf), [2]);
    assert.equal(kernel.unused, 0);
  });

  it('takes an OVERRUN message for lost answers', () => {
    const kernel = new ScriptedKernel([[overrunMessage, ack]]);
    assert.equal(failure(() => connect(kernel).request(question, numberOf)).code, 'ERR_NETLINK_OVERRUN');
  });

  it('reports a dump where one answer was due', () => {
    const kernel = new ScriptedKernel([[[listed(1), done()]]]);
    const error = failure(() => connect(kernel).request(question, numberOf));
    assert.equal(error.code, 'ERR_NETLINK_PROTOCOL');
  });

  it('passes on what decode throws, and stays usable', () => {
    const kernel = new ScriptedKernel([[malformed, ack], [[reported(2), ack]]]);
    const connection = connect(kernel);
    assert.throws(() => connection.request(question, numberOf), CodecError);
    assert.deepEqual(connection.request(question, numberOf), [2]);
  });

  it('passes on other errors of the transport', () => {
    const kernel = new ScriptedKernel([[new SyscallError('recvmsg', 90, 'netlink datagram')]]);
    assert.throws(() => connect(kernel).request(question, numberOf), { code: 'ERR_SYSCALL' });
  });

  it('sends nothing of a request that cannot be encoded, and stays usable', () => {
    const kernel = new ScriptedKernel([[[reported(2), ack]]]);
    const connection = connect(kernel);
    assert.throws(() => connection.request(unencodable, numberOf), CodecError);
    assert.equal(kernel.sent.length, 0);
    assert.deepEqual(connection.request(question, numberOf), [2]);
  });

  it('closes its transport', () => {
    const kernel = new ScriptedKernel([[ack]]);
    const connection = connect(kernel);
    connection.close();
    connection.close();
    assert.ok(kernel.closed > 0);
    assert.throws(() => connection.request(question, numberOf), { code: 'ERR_SYSCALL' });
  });
});

describe('NetlinkConnection.dump', () => {
  it('sends one message that asks for a list, and for no acknowledgement', () => {
    const kernel = new ScriptedKernel([[done()]]);
    connect(kernel).dump(question, numberOf);
    assert.deepEqual(
      kernel.sent.map(({ bytes }) => bytes),
      [message({ type, flags: NLM_F_REQUEST | NLM_F_DUMP, sequence: 1 }, u32(1))],
    );
  });

  it('collects over many datagrams, in order', () => {
    const datagrams = Array.from({ length: 50 }, (_, page) =>
      Array.from({ length: 20 }, (_, index) => listed(page * 20 + index)),
    );
    const kernel = new ScriptedKernel([[...datagrams, done()]]);
    assert.deepEqual(
      connect(kernel).dump(question, numberOf),
      Array.from({ length: 1000 }, (_, index) => index),
    );
  });

  it('takes the end in a datagram with entries, in its own, or without a payload', () => {
    const bareEnd: Reply = ({ sequence }) => message({ type: 3, flags: 2, sequence });
    for (const step of [[[listed(1), done()]], [listed(1), done()], [listed(1), bareEnd]] satisfies Step[]) {
      assert.deepEqual(connect(new ScriptedKernel([step])).dump(question, numberOf), [1]);
    }
  });

  it('gives an empty list', () =>
    assert.deepEqual(connect(new ScriptedKernel([[done()]])).dump(question, numberOf), []));

  it('passes over answers to other requests, notices and NOOP', () => {
    const step: Step = [
      [listed(1), stray(listed(8), 0), noop],
      [stray(interrupted(listed(9)), 77), stray(done(EPERM), 78)],
      [listed(2), done()],
    ];
    assert.deepEqual(connect(new ScriptedKernel([step])).dump(question, numberOf), [1, 2]);
  });

  it('reports a refusal', () => {
    const kernel = new ScriptedKernel([[refuse(95)]]);
    const error = failure(() => connect(kernel).dump(question, numberOf));
    assert.equal(error.message, 'order 1: EOPNOTSUPP');
  });

  it('reports a dump that the kernel broke off', () => {
    const kernel = new ScriptedKernel([[listed(1), done(90, 'no room')]]);
    const error = failure(() => connect(kernel).dump(question, numberOf));
    assert.equal(error.message, 'order 1: EMSGSIZE, no room');
  });

  it('begins anew when the list changed under way, wherever that was marked', () => {
    for (const disturbed of [
      [[interrupted(listed(1)), listed(2), done()]],
      [interrupted(listed(1)), listed(2), done()],
      [listed(1), interrupted(done())],
    ] satisfies Step[]) {
      const kernel = new ScriptedKernel([disturbed, disturbed, [listed(3), done()]]);
      assert.deepEqual(connect(kernel).dump(question, numberOf), [3]);
      assert.deepEqual(
        kernel.requests.map(({ sequence }) => sequence),
        [1, 2, 3],
      );
      assert.equal(kernel.unused, 0, 'each was read to its end, or the kernel would refuse the next');
    }
  });

  it('gives up when it changes each time', () => {
    const kernel = new ScriptedKernel([], [interrupted(listed(1)), done()]);
    const error = failure(() => connect(kernel, { dumpAttempts: 3 }).dump(question, numberOf));
    assert.equal(error.code, 'ERR_NETLINK_INTERRUPTED');
    assert.equal(error.message, 'order 1: it changed during each of 3 attempts');
    assert.equal(error.details.sequence, 3);
    assert.equal(kernel.sent.length, 3);
  });

  it('begins anew when answers were lost', () => {
    for (const lossy of [
      [listed(1), overrun(), listed(2), done()],
      [listed(1), overrunMessage, done()],
      [overrun()],
    ] satisfies Step[]) {
      const kernel = new ScriptedKernel([lossy, [listed(3), done()]]);
      assert.deepEqual(connect(kernel).dump(question, numberOf), [3]);
    }
  });

  it('gives up when answers are lost each time', () => {
    const kernel = new ScriptedKernel([], [overrun(), done()]);
    const error = failure(() => connect(kernel, { dumpAttempts: 4 }).dump(question, numberOf));
    assert.equal(error.code, 'ERR_NETLINK_OVERRUN');
    assert.equal(error.message, 'order 1: answers were lost in each of 4 attempts');
    assert.equal(kernel.sent.length, 4);
  });

  it('reports a list without an end after the time limit', () => {
    const kernel = new ScriptedKernel([[listed(1)]]);
    const error = failure(() => connect(kernel, { replyTimeoutMs: 20 }).dump(question, numberOf));
    assert.equal(error.code, 'ERR_NETLINK_TIMEOUT');
    assert.equal(kernel.sent.length, 1);
  });

  it('reads on to the end behind an entry that cannot be decoded, so that the next dump is not refused', () => {
    const kernel = new ScriptedKernel([[[listed(1), malformed], [listed(2)], done()], [[listed(3), done()]]]);
    const connection = connect(kernel);
    assert.throws(() => connection.dump(question, numberOf), CodecError);
    assert.deepEqual(connection.dump(question, numberOf), [3]);
    assert.equal(kernel.unused, 0);
  });

  it('reads on to the end behind a datagram that cannot be split', () => {
    const kernel = new ScriptedKernel([
      [[listed(1)], hex('0000'), [listed(2), done()]],
      [[listed(3), done()]],
    ]);
    const connection = connect(kernel);
    assert.throws(() => connection.dump(question, numberOf), { message: /^message header at offset 0/ });
    assert.deepEqual(kernel.waits.length, 3);
    assert.deepEqual(connection.dump(question, numberOf), [3]);
  });

  it('passes on other errors of the transport', () => {
    const kernel = new ScriptedKernel([[listed(1), new SyscallError('recvmsg', 90, 'netlink datagram')]]);
    assert.throws(() => connect(kernel).dump(question, numberOf), { code: 'ERR_SYSCALL' });
  });

  it('takes an end that cannot be decoded for the end', () => {
    const cut: Reply = ({ sequence }) => message({ type: 3, flags: 2, sequence }, hex('0000'));
    const kernel = new ScriptedKernel([[cut]]);
    assert.throws(() => connect(kernel).dump(question, numberOf), CodecError);
    assert.equal(kernel.waits.length, 1);
  });

  it('begins anew rather than report what it could not decode in a list that was disturbed', () => {
    const kernel = new ScriptedKernel([[malformed, interrupted(done())], [done()]]);
    assert.deepEqual(connect(kernel).dump(question, numberOf), []);
  });
});

const summary = (results: readonly (Error | null)[]): (string | null)[] =>
  results.map((error) => {
    if (error === null) return null;
    if (error instanceof NetlinkError) return error.details.errno ?? String(error.code);
    assert.ok(error instanceof CodecError);
    return error.code;
  });

describe('NetlinkConnection.batch', () => {
  const five = [1, 2, 3, 4, 5].map((number) => request(number));

  it('sends everything in one datagram, and behind it a barrier that alone asks for an acknowledgement', () => {
    const kernel = new ScriptedKernel([answerEach(() => 0)]);
    assert.deepEqual(connect(kernel).batch([request(1), request(2, 0x400)]), [null, null]);
    assert.deepEqual(
      kernel.sent.map(({ bytes }) => hexOf(bytes)),
      [
        hexOf(
          concat(
            message({ type, flags: NLM_F_REQUEST, sequence: 1 }, u32(1)),
            message({ type, flags: NLM_F_REQUEST | 0x400, sequence: 2 }, u32(2)),
            message({ type: NLMSG_NOOP, flags: NLM_F_REQUEST | NLM_F_ACK, sequence: 3 }),
          ),
        ),
      ],
    );
  });

  it('leaves no number to two messages', () => {
    const kernel = new ScriptedKernel([], (requests) => [ack(requests.at(-1)!)]);
    const connection = connect(kernel);
    connection.batch(five);
    connection.request(question, numberOf);
    connection.batch(five);
    assert.deepEqual(
      kernel.sent.flatMap(({ messages }) => messages.map(({ sequence }) => sequence)),
      Array.from({ length: 13 }, (_, index) => index + 1),
    );
  });

  it('matches each refusal to its request', () => {
    const errnos = [0, EEXIST, 0, ESRCH, EINVAL];
    const kernel = new ScriptedKernel([answerEach((_, index) => errnos[index] ?? 0)]);
    const results = connect(kernel).batch(five);
    assert.deepEqual(summary(results), [null, 'EEXIST', null, 'ESRCH', 'EINVAL']);
    assert.equal(results[1]?.message, 'order 2: EEXIST');
    assert.equal((results[3] as NetlinkError).details.sequence, 4);
  });

  it('sends nothing when there is nothing to send', () => {
    const kernel = new ScriptedKernel([]);
    assert.deepEqual(connect(kernel).batch([]), []);
    assert.deepEqual(summary(connect(kernel).batch([unencodable])), ['ERR_CODEC']);
    assert.equal(kernel.sent.length, 0);
  });

  it('splits by bytes, never within a message', () => {
    const bytesEach = 20;
    const barrierBytes = 16;
    const kernel = new ScriptedKernel(
      [],
      answerEach(() => 0),
    );
    const results = connect(kernel, { datagramBytes: 2 * bytesEach }).batch(five);
    assert.deepEqual(results, [null, null, null, null, null]);
    assert.deepEqual(
      kernel.sent.map(({ bytes, messages }) => [bytes.length, messages.length]),
      [
        [40 + barrierBytes, 2 + 1],
        [40 + barrierBytes, 2 + 1],
        [20 + barrierBytes, 1 + 1],
      ],
    );
    assert.deepEqual(
      kernel.requests.map(({ payload }) => payload),
      [1, 2, 3, 4, 5].map(u32),
    );
  });

  it('sends a request that is larger than a datagram may be on its own', () => {
    const kernel = new ScriptedKernel(
      [],
      answerEach(() => 0),
    );
    connect(kernel, { datagramBytes: 3 }).batch(five);
    assert.deepEqual(
      kernel.sent.map(({ messages }) => messages.length),
      [2, 2, 2, 2, 2],
    );
  });

  it('splits by count', () => {
    const kernel = new ScriptedKernel(
      [],
      answerEach(({ payload }) => (payload[0] === 3 || payload[0] === 5 ? EEXIST : 0)),
    );
    const results = connect(kernel, { datagramRequests: 2 }).batch(five);
    assert.deepEqual(summary(results), [null, null, 'EEXIST', null, 'EEXIST']);
    assert.deepEqual(
      kernel.sent.map(({ messages }) => messages.length),
      [3, 3, 2],
    );
  });

  it('leaves out what cannot be encoded, at the beginning, between and at the end', () => {
    const kernel = new ScriptedKernel([answerEach((_, index) => (index === 1 ? EEXIST : 0))]);
    const requests = [unencodable, request(1), unencodable, request(2), unencodable];
    const results = connect(kernel).batch(requests);
    assert.deepEqual(summary(results), ['ERR_CODEC', null, 'ERR_CODEC', 'EEXIST', 'ERR_CODEC']);
    assert.deepEqual(
      kernel.requests.map(({ payload }) => payload),
      [u32(1), u32(2)],
    );
  });

  it('gives whatever encode throws as the result of its request, for the others may be done already', () => {
    const kernel = new ScriptedKernel([answerEach(() => 0)]);
    const broken = { ...question, encode: () => assert.fail('broken') };
    const [first, second, third] = connect(kernel).batch([request(1), broken, request(2)]);
    assert.deepEqual([first, third], [null, null]);
    assert.equal(second?.message, 'broken');
    assert.equal(kernel.requests.length, 2);
  });

  it('passes over answers to other requests, notices and NOOP', () => {
    const step: Step = (requests) => [
      stray(refuse(EPERM), 999),
      [noop, stray(refuse(EPERM), 0)],
      refuse(EEXIST)(requests[1]!),
      reply(type, u32(3))(requests[4]!),
      reply(type, u32(3))(requests.at(-1)!),
      ack(requests.at(-1)!),
    ];
    assert.deepEqual(summary(connect(new ScriptedKernel([step])).batch(five)), [
      null,
      'EEXIST',
      null,
      null,
      null,
    ]);
  });

  it('takes answers that share a datagram', () => {
    const step: Step = (requests) => [[() => refuse(EEXIST)(requests[0]!), () => ack(requests.at(-1)!)]];
    assert.deepEqual(summary(connect(new ScriptedKernel([step])).batch(five)), [
      'EEXIST',
      null,
      null,
      null,
      null,
    ]);
  });

  it('reports lost answers for each request that has none, and waits no more', () => {
    const step: Step = (requests) => [overrun(), refuse(EEXIST)(requests[1]!), ack(requests[3]!)];
    const kernel = new ScriptedKernel([step]);
    const results = connect(kernel, { replyTimeoutMs: 5000 }).batch(five);
    const lost = 'ERR_NETLINK_OVERRUN';
    assert.deepEqual(summary(results), [lost, 'EEXIST', lost, null, lost]);
    assert.equal(results[0]?.message, 'order 1: the answer was lost, it may or may not have been done');
    assert.deepEqual(kernel.waits, [5000, 0, 0, 0]);
  });

  it('doubts requests also when the answer to the barrier made it', () => {
    const step: Step = (requests) => [overrun(), ack(requests.at(-1)!)];
    const lost = 'ERR_NETLINK_OVERRUN';
    assert.deepEqual(summary(connect(new ScriptedKernel([step])).batch(five)), [
      lost,
      lost,
      lost,
      lost,
      lost,
    ]);
  });

  it('doubts only the datagram whose answers were lost', () => {
    const kernel = new ScriptedKernel([answerEach(() => 0), [overrun()], answerEach(() => 0)]);
    const results = connect(kernel, { datagramRequests: 2 }).batch(five);
    const lost = 'ERR_NETLINK_OVERRUN';
    assert.deepEqual(summary(results), [null, null, lost, lost, null]);
  });

  it('keeps the error of a request that cannot be encoded beside lost answers', () => {
    const kernel = new ScriptedKernel([[overrun()]]);
    const results = connect(kernel).batch([request(1), unencodable, request(2)]);
    assert.deepEqual(summary(results), ['ERR_NETLINK_OVERRUN', 'ERR_CODEC', 'ERR_NETLINK_OVERRUN']);
  });

  it('doubts what has no answer when not even the barrier has one', () => {
    const kernel = new ScriptedKernel([(requests) => [refuse(EEXIST)(requests[1]!)]]);
    const results = connect(kernel, { replyTimeoutMs: 20 }).batch(five);
    const late = 'ERR_NETLINK_TIMEOUT';
    assert.deepEqual(summary(results), [late, 'EEXIST', late, late, late]);
    assert.equal(results[4]?.message, 'order 5: no answer within 20 ms, it may or may not have been done');
  });

  it('passes on other errors of the transport', () => {
    const kernel = new ScriptedKernel([[new SyscallError('recvmsg', 90, 'netlink datagram')]]);
    assert.throws(() => connect(kernel).batch(five), { code: 'ERR_SYSCALL' });
  });

  it('reports an answer that cannot be decoded, and is not confused by those behind it', () => {
    const cut: Reply = ({ sequence }) => message({ type: 2, sequence }, hex('0000'));
    const first: Step = (requests) => [
      cut(requests[0]!),
      refuse(EEXIST)(requests[1]!),
      ack(requests.at(-1)!),
    ];
    const kernel = new ScriptedKernel([first, answerEach((_, index) => (index === 4 ? ESRCH : 0))]);
    const connection = connect(kernel);
    assert.throws(() => connection.batch(five), CodecError);
    assert.deepEqual(summary(connection.batch(five)), [null, null, null, null, 'ESRCH']);
  });

  it('goes on with 1 when its numbers would pass the largest', () => {
    const kernel = new ScriptedKernel(
      [],
      answerEach((_, index) => (index === 1 ? EEXIST : 0)),
    );
    const connection = connect(kernel, { datagramRequests: 3 }, 0xfffffffb);
    const expected = [null, 'EEXIST', null, null, 'EEXIST'];
    assert.deepEqual(summary(connection.batch(five)), expected);
    assert.deepEqual(summary(connection.batch(five)), expected);
    const sequences = kernel.sent.flatMap(({ messages }) => messages.map(({ sequence }) => sequence));
    assert.ok(sequences.every((sequence) => sequence >= 1 && sequence <= 0xffffffff));
    assert.equal(new Set(sequences).size, sequences.length, String(sequences));
    assert.ok(sequences.includes(1));
  });

  it('leaves a number to what is asked behind the largest batch', () => {
    const kernel = new ScriptedKernel([answerEach(() => 0)], [[reported(2), ack]]);
    const connection = connect(kernel, { datagramRequests: 5 }, 0xffffffff - 5);
    assert.deepEqual(connection.batch(five), [null, null, null, null, null]);
    assert.deepEqual(connection.request(question, numberOf), [2]);
  });

  it('passes on what its list throws, sends nothing more, and stays usable', () => {
    const kernel = new ScriptedKernel([answerEach(() => 0)], [[reported(2), ack]]);
    const connection = connect(kernel, { datagramRequests: 2 });
    function* list(): Generator<NetlinkRequest> {
      yield* [request(1), request(2), request(3)];
      throw new Error('no more');
    }
    assert.throws(() => connection.batch(list()), { message: 'no more' });
    assert.equal(kernel.sent.length, 1);
    assert.deepEqual(connection.request(question, numberOf), [2]);
  });

  it('takes requests one by one, as its datagrams fill', () => {
    const kernel = new ScriptedKernel(
      [],
      answerEach(() => 0),
    );
    const sentBefore: number[] = [];
    function* generate(): Generator<NetlinkRequest> {
      for (let number = 0; number < 6; number++) {
        sentBefore.push(kernel.sent.length);
        yield request(number);
      }
    }
    connect(kernel, { datagramRequests: 2 }).batch(generate());
    assert.deepEqual(sentBefore, [0, 0, 0, 1, 1, 2]);
    assert.equal(kernel.sent.length, 3);
  });
});

describe('NetlinkConnection within a request', () => {
  const inside = { message: 'netlink connection is used from within a request' };
  /** Every way to ask within one. */
  const ways: readonly [string, (connection: NetlinkConnection) => unknown][] = [
    ['request', (connection) => connection.request(question, numberOf)],
    ['dump', (connection) => connection.dump(question, numberOf)],
    ['batch', (connection) => connection.batch([question])],
  ];
  for (const [name, ask] of ways) {
    it(`refuses a ${name}, and can be used again afterwards`, () => {
      const kernel = new ScriptedKernel([[[reported(2), ack]]], [[reported(2), ack]]);
      const connection = connect(kernel);
      const again = (): unknown => ask(connection);
      assert.throws(() => connection.request(question, again), inside);
      assert.throws(() => connection.request({ ...question, encode: again }, numberOf), inside);
      assert.equal(kernel.sent.length, 1, 'nothing but the first question was sent');
      assert.deepEqual(connection.request(question, numberOf), [2]);
    });

    it(`refuses a ${name} while a list is read, and can be used again afterwards`, () => {
      const kernel = new ScriptedKernel([[[listed(1), done()]]], [[reported(2), ack]]);
      const connection = connect(kernel);
      const again = (): unknown => ask(connection);
      assert.throws(() => connection.dump(question, again), inside);
      assert.throws(() => connection.dump({ ...question, encode: again }, numberOf), inside);
      assert.equal(kernel.sent.length, 1, 'nothing but the first question was sent');
      assert.deepEqual(connection.request(question, numberOf), [2]);
    });

    it(`refuses a ${name} while a batch is made, whose requests do not suffer`, () => {
      const kernel = new ScriptedKernel([answerEach(() => 0)], [[reported(2), ack]]);
      const connection = connect(kernel);
      const again = (): unknown => ask(connection);
      const results = connection.batch([request(1), { ...question, encode: again }, request(3)]);
      assert.deepEqual(
        results.map((error) => error?.message ?? null),
        [null, inside.message, null],
      );
      assert.deepEqual(
        kernel.requests.map(({ payload }) => payload),
        [u32(1), u32(3)],
      );
      assert.deepEqual(connection.request(question, numberOf), [2]);
    });

    it(`refuses a ${name} of the list of a batch`, () => {
      const kernel = new ScriptedKernel([], [[reported(2), ack]]);
      const connection = connect(kernel);
      function* list(): Generator<NetlinkRequest> {
        yield request(1);
        ask(connection);
      }
      assert.throws(() => connection.batch(list()), inside);
      assert.equal(kernel.sent.length, 0);
      assert.deepEqual(connection.request(question, numberOf), [2]);
    });
  }
});
