/** The client before recordings of a real kernel, and before kernels that no recording is of. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import { IpvsError } from '../../../../native/ipvs/errors.js';
import type { IpvsRequest } from '../../../../native/ipvs/types.js';
import { NetlinkConnection } from '../../../../native/netlink/connection.js';
import { CodecError, NetlinkError } from '../../../../native/netlink/errors.js';
import { retell } from '../../../kernel/record/stage.js';
import { stories } from '../../../kernel/record/stories.js';
import {
  ack,
  answerEach,
  done,
  entry,
  overrun,
  refuse,
  reply,
  ScriptedKernel,
} from '../../../support/scripted-kernel.js';
import type { Delivery, Reply, Step } from '../../../support/scripted-kernel.js';
import { attribute, genericHeader, text, u16, u32 } from '../../../support/scripted-messages.js';
import type { SeenMessage } from '../../../support/scripted-messages.js';
import { readRecording, recordingNames } from '../../../support/scripted-recording.js';
import {
  fwmarkService,
  natServer,
  natServerAttributes,
  statsFrom,
  tcpService,
  tcpServiceAttributes,
  without,
} from './golden.js';

const EPERM = 1;
const ENOENT = 2;
const ESRCH = 3;
const EEXIST = 17;
const GENL_ID_CTRL = 0x10;
/** Type of the barrier behind a batch. */
const NLMSG_NOOP = 1;

/** What the control family answers about IPVS. */
function familyIs(id: number): Reply {
  return reply(GENL_ID_CTRL, genericHeader(1, 2), attribute(2, text('IPVS')), attribute(1, u16(id)));
}

/** A kernel in which IPVS has one id after the other; requests of another id find no family. */
function reloading(ids: readonly number[], answer: Step): { kernel: ScriptedKernel; reload: () => void } {
  let loads = 0;
  const kernel = new ScriptedKernel([], (requests) => {
    const [request] = requests;
    const id = ids[loads] ?? 0;
    if (request?.type === GENL_ID_CTRL) return id === 0 ? [refuse(ENOENT)] : [familyIs(id), ack];
    const stale = requests.some(({ type }) => type !== id && type !== NLMSG_NOOP);
    return deliveries(stale ? answerEach(() => ENOENT) : answer, requests);
  });
  return {
    kernel,
    reload: () => {
      loads++;
    },
  };
}

function deliveries(step: Step, requests: readonly SeenMessage[]): readonly Delivery[] {
  return typeof step === 'function' ? step(requests) : step;
}

function connect(kernel: ScriptedKernel): IpvsClient {
  return IpvsClient.connect(new NetlinkConnection(kernel));
}

/** A client that has not asked for the family's id. */
function clientOf(...script: readonly Step[]): { client: IpvsClient; kernel: ScriptedKernel } {
  const kernel = new ScriptedKernel(script);
  return { client: new IpvsClient(new NetlinkConnection(kernel), 0x21), kernel };
}

/** Runs what must fail, and gives the error. */
function failure(run: () => unknown): IpvsError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof IpvsError, String(error));
    return error;
  }
  return assert.fail('it succeeded');
}

const serviceReply = (nest: Uint8Array): Reply => entry(0x21, genericHeader(1), attribute(1, nest));
const serverReply = (nest: Uint8Array): Reply => entry(0x21, genericHeader(5), attribute(2, nest));
const flush: IpvsRequest = { command: 'flush' };
const add: IpvsRequest = { command: 'add-service', service: tcpService };
const addServer: IpvsRequest = { command: 'add-destination', service: tcpService, destination: natServer };

describe('IpvsClient before a recorded kernel', () => {
  for (const story of stories) {
    it(`${story.name}: ${story.about}`, () => {
      assert.equal(retell(story, readRecording(story.name)), 0, 'parts of the recording were not used');
    });
  }

  it('is told a story for every recording', () =>
    assert.deepEqual(
      recordingNames(),
      stories.map(({ name }) => name),
    ));
});

describe('IpvsClient.connect', () => {
  it('asks for the family first', () => {
    const kernel = new ScriptedKernel([[familyIs(0x55), ack], [[done()]]]);
    assert.deepEqual(connect(kernel).services(), []);
    assert.equal(kernel.requests[1]?.type, 0x55);
  });

  it('says that the kernel has no IPVS, and closes the connection', () => {
    const kernel = new ScriptedKernel([[refuse(ENOENT)]]);
    const error = failure(() => connect(kernel));
    assert.equal(error.code, 'ERR_IPVS_UNAVAILABLE');
    assert.equal(error.message, 'open the IPVS table: the kernel has no IPVS: load module ip_vs');
    assert.ok(kernel.closed > 0);
  });

  it('passes on other refusals, and closes the connection', () => {
    const kernel = new ScriptedKernel([[refuse(EPERM)]]);
    assert.throws(() => connect(kernel), NetlinkError);
    assert.ok(kernel.closed > 0);
  });
});

describe('IpvsClient after the module was loaded anew', () => {
  it('asks for the family once more and repeats a question', () => {
    const { kernel, reload } = reloading(
      [0x21, 0x22],
      [[serviceReply(without(tcpServiceAttributes)), done()]],
    );
    const client = connect(kernel);
    reload();
    assert.equal(client.services().length, 1);
    assert.equal(client.serviceEntries().length, 1);
    assert.deepEqual(
      kernel.requests.map(({ type }) => type),
      [GENL_ID_CTRL, 0x21, GENL_ID_CTRL, 0x22, 0x22],
    );
  });

  it('asks for the family once more and repeats a change', () => {
    const { kernel, reload } = reloading(
      [0x21, 0x22],
      answerEach(() => 0),
    );
    const client = connect(kernel);
    reload();
    client.run(flush);
    assert.deepEqual(
      kernel.requests.map(({ type }) => type),
      [GENL_ID_CTRL, 0x21, GENL_ID_CTRL, 0x22],
    );
  });

  it('repeats the requests of a batch that were refused with it, each with its own outcome', () => {
    const answer = answerEach((_, index) => (index === 1 ? EEXIST : 0));
    const { kernel, reload } = reloading([0x21, 0x22], answer);
    const client = connect(kernel);
    reload();
    const codes = client.batch([flush, add, addServer]).map((error) => error?.code ?? null);
    assert.deepEqual(codes, [null, 'ERR_IPVS_SERVICE_EXISTS', null]);
    assert.deepEqual(
      kernel.sent.map(({ messages }) => messages.length),
      [1, 3 + 1, 1, 3 + 1],
    );
  });

  it('repeats nothing when the family is what it was', () => {
    const { kernel } = reloading(
      [0x21],
      answerEach((_, index) => (index === 0 ? ENOENT : 0)),
    );
    const codes = connect(kernel)
      .batch([addServer, add])
      .map((error) => error?.code ?? null);
    assert.deepEqual(codes, ['ERR_IPVS_DESTINATION_UNKNOWN', null]);
    assert.equal(kernel.requests.length, 4);
  });

  it('says that the kernel has no IPVS any more', () => {
    const { kernel, reload } = reloading([0x21], [ack]);
    const client = connect(kernel);
    reload();
    assert.equal(failure(() => client.services()).code, 'ERR_IPVS_UNAVAILABLE');
    assert.equal(failure(() => client.info()).code, 'ERR_IPVS_UNAVAILABLE');
    assert.equal(failure(() => client.run(flush)).code, 'ERR_IPVS_UNAVAILABLE');
    assert.equal(
      failure(() => client.run(add)).message,
      'add service tcp:10.0.0.100:80: the kernel has no IPVS: load module ip_vs',
    );
  });

  it('does not ask a third time', () => {
    const { kernel } = reloading(
      [0x21],
      answerEach(() => ENOENT),
    );
    const client = connect(kernel);
    assert.equal(failure(() => client.run(add)).code, 'ERR_IPVS_SCHEDULER_UNKNOWN');
    assert.equal(kernel.sent.length, 3);
  });
});

describe('IpvsClient before an old kernel', () => {
  it('lists services that have neither 64-bit counters nor engines', () => {
    const { client } = clientOf([[serviceReply(without(tcpServiceAttributes, 12)), done()]]);
    assert.deepEqual(client.services(), [{ ...tcpService, flags: 2, stats: statsFrom(100n) }]);
  });

  it('lists servers that tell neither family nor tunnel', () => {
    const { client } = clientOf([[serverReply(without(natServerAttributes, 11, 12, 13, 14, 15)), done()]]);
    const [server] = client.destinations(tcpService);
    assert.deepEqual(
      [server?.family, server?.address, server?.tunnel, server?.stats],
      ['ipv4', '10.0.0.1', null, statsFrom(100n)],
    );
  });

  it('lists sync daemons that tell role, interface and id alone', () => {
    const nest = attribute(3, attribute(1, u32(1)), attribute(2, text('eth0')), attribute(3, u32(7)));
    const { client } = clientOf([[entry(0x21, genericHeader(9), nest), done()]]);
    assert.deepEqual(client.daemons(), [{ role: 'master', interface: 'eth0', syncId: 7 }]);
  });
});

describe('IpvsClient', () => {
  it('gives 64-bit counters beyond 2^53 exactly', () => {
    const { client } = clientOf([[serviceReply(without(tcpServiceAttributes)), ack]]);
    assert.deepEqual(client.service(tcpService).stats, statsFrom(2n ** 53n + 1n));
  });

  it('takes the last of two nests, and passes over what it does not know', () => {
    const both = entry(
      0x21,
      genericHeader(1),
      attribute(9, u32(1)),
      attribute(1, without(tcpServiceAttributes, 6), attribute(6, text('old'))),
      attribute(1, without(tcpServiceAttributes)),
    );
    const { client } = clientOf([[both, done()]]);
    assert.deepEqual(
      client.serviceEntries().map(({ scheduler }) => scheduler),
      ['wrr'],
    );
  });

  it('refuses an answer without the nest, or none at all', () => {
    const empty = reply(0x21, genericHeader(1));
    const { client } = clientOf([empty, ack], [ack], [[entry(0x21, genericHeader(1)), done()]]);
    assert.throws(() => client.service(tcpService), {
      message: 'IPVS_CMD_ATTR_SERVICE at offset 4: expected an attribute, got none',
    });
    assert.throws(() => client.service(tcpService), {
      message: 'answer to get service tcp:10.0.0.100:80 at offset 0: expected a message, got none',
    });
    assert.throws(() => client.services(), CodecError);
  });

  it('passes on what it cannot decode, and stays usable', () => {
    const broken = serviceReply(without(tcpServiceAttributes, 1));
    const whole = serviceReply(without(tcpServiceAttributes));
    const { client } = clientOf(
      [
        [broken, whole],
        [whole, done()],
      ],
      [[whole, done()]],
    );
    assert.throws(() => client.services(), CodecError);
    assert.equal(client.services().length, 1);
  });

  it('words a refusal by command and subject, with the kernel’s answer as cause', () => {
    const { client } = clientOf([refuse(EEXIST)]);
    const error = failure(() => client.run(add));
    assert.equal(error.code, 'ERR_IPVS_SERVICE_EXISTS');
    assert.equal(error.message, 'add service tcp:10.0.0.100:80: EEXIST');
    assert.equal(error.command, 'add-service');
    assert.equal(error.details.errno, 'EEXIST');
    assert.ok(error.cause instanceof NetlinkError);
  });

  it('words a refused question', () => {
    const { client } = clientOf([refuse(ESRCH, { text: 'gone' })]);
    const error = failure(() => client.service(fwmarkService));
    assert.equal(error.message, 'get service fwmark6:7: ESRCH, gone');
    assert.equal(error.command, 'get-service');
  });

  it('says that the outcome is unknown when answers were lost', () => {
    const { client } = clientOf([overrun()], [overrun()]);
    const codes = client.batch([flush, add]).map((error) => error?.code ?? null);
    assert.deepEqual(codes, ['ERR_IPVS_UNKNOWN_OUTCOME', 'ERR_IPVS_UNKNOWN_OUTCOME']);
    assert.equal(failure(() => client.info()).code, 'ERR_IPVS_UNKNOWN_OUTCOME');
  });

  it('gives a request that fits no message as invalid, sends the others', () => {
    const { client, kernel } = clientOf(answerEach(() => 0));
    const odd: IpvsRequest = { command: 'add-service', service: { ...tcpService, port: 65536 } };
    const [first, second, third] = client.batch([flush, odd, add]);
    assert.deepEqual([first, third], [null, null]);
    assert.equal(second?.code, 'ERR_IPVS_INVALID');
    assert.ok(second.cause instanceof CodecError);
    assert.match(second.message, /^add service tcp:10\.0\.0\.100:65536: IPVS_SVC_ATTR_PORT at offset/);
    assert.equal(kernel.requests.length, 2);
  });

  it('gives a request of the wrong shape as invalid, sends the others', () => {
    const { client, kernel } = clientOf(answerEach(() => 0));
    const destination = { ...natServer, tunnel: undefined as unknown as null };
    const odd: IpvsRequest = { command: 'add-destination', service: tcpService, destination };
    const [first, second, third] = client.batch([flush, odd, add]);
    assert.deepEqual([first, third], [null, null]);
    assert.equal(second?.code, 'ERR_IPVS_INVALID');
    assert.equal(second.command, 'add-destination');
    assert.ok(second.cause instanceof TypeError);
    assert.equal(kernel.requests.length, 2);
  });

  it('says that the outcome is unknown when the kernel stays silent', () => {
    const { client, kernel } = clientOf([], []);
    const error = failure(() => client.run(flush));
    assert.equal(error.code, 'ERR_IPVS_UNKNOWN_OUTCOME');
    assert.match(error.message, /: no answer within \d+ ms, it may or may not have been done$/);
    const stop: IpvsRequest = { command: 'stop-daemon', role: 'master' };
    assert.equal(failure(() => client.run(stop)).code, 'ERR_IPVS_UNKNOWN_OUTCOME');
    assert.equal(kernel.sent.length, 2, 'and asks nothing else');
  });

  it('says so of each request that was not refused', () => {
    const { client } = clientOf((requests) => [refuse(EEXIST)(requests[1]!)]);
    assert.deepEqual(
      client.batch([flush, add, addServer]).map((error) => error?.code),
      ['ERR_IPVS_UNKNOWN_OUTCOME', 'ERR_IPVS_SERVICE_EXISTS', 'ERR_IPVS_UNKNOWN_OUTCOME'],
    );
  });

  it('takes a daemon for stopped whose end the kernel does not acknowledge: one whose thread never ran', () => {
    const { client, kernel } = clientOf(answerEach(() => null));
    client.run({ command: 'stop-daemon', role: 'master' });
    assert.equal(kernel.sent.length, 1, 'it asks nothing else');
  });

  it('sends nothing for an empty batch', () => {
    const { client, kernel } = clientOf();
    assert.deepEqual(client.batch([]), []);
    assert.equal(kernel.sent.length, 0);
  });

  it('closes its connection, and may be closed twice', () => {
    const { client, kernel } = clientOf();
    client.close();
    client.close();
    assert.ok(kernel.closed > 0);
    assert.throws(() => client.services(), { code: 'ERR_SYSCALL' });
  });
});
