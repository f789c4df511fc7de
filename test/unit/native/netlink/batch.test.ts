/** Batches of random requests against a kernel of random moods: what comes back is what the kernel did. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errnoName } from '../../../../native/libc/errno.js';
import { NetlinkConnection } from '../../../../native/netlink/connection.js';
import { CodecError, NetlinkError } from '../../../../native/netlink/errors.js';
import type { NetlinkRequest } from '../../../../native/netlink/request.js';
import { seededRandom, type SeededRandom } from '../../../support/random.js';
import { overrun, refuse, reply, ScriptedKernel, stray } from '../../../support/scripted-kernel.js';
import type { Delivery } from '../../../support/scripted-kernel.js';
import { hostIsLittleEndian } from '../../../support/scripted-messages.js';
import type { SeenMessage } from '../../../support/scripted-messages.js';

const batches = 1000;
const firstSeed = Number(process.env['LVSD_TEST_SEED'] ?? 20260);
const NLM_F_ACK = 0x4;
/** Type of the barrier behind a batch, and its bytes. */
const NLMSG_NOOP = 1;
const barrierBytes = 16;
const errnos = [1, 2, 3, 17, 22, 34];

/** What encode does: writes, comes upon a value that does not fit, or throws whatever else. */
type Encoding = 'fits' | 'ERR_CODEC' | 'broken';

interface Plan {
  readonly encoding: Encoding;
  readonly errno: number;
  /** Bytes of the payload, which begins with the request's number. */
  readonly size: number;
}

/** What the simple kernel says of one request: done or refused, and whether anybody heard of it. */
interface Deed {
  readonly errno: number;
  /** null when the answer was delivered, or none was due and nothing of its datagram was lost. */
  readonly doubt: Doubt | null;
}
type Doubt = 'ERR_NETLINK_OVERRUN' | 'ERR_NETLINK_TIMEOUT';

function randomPlan(random: SeededRandom): Plan {
  return {
    encoding: random.chance(0.08) ? random.pick(['ERR_CODEC', 'broken'] as const) : 'fits',
    errno: random.chance(0.3) ? random.pick(errnos) : 0,
    size: 4 + random.int(0, 30),
  };
}

function requestOf(plan: Plan, number: number): NetlinkRequest {
  return {
    operation: `order ${number}`,
    type: 0x21,
    encode: (writer) => {
      writer.u32(number, 'number');
      writer.zeros(plan.size - 4);
      if (plan.encoding === 'ERR_CODEC') writer.u8(-1, 'what does not fit');
      if (plan.encoding === 'broken') throw new TypeError('broken');
    },
  };
}

/**
 * Runs in order, answers as netlink does, and has room for so many answers, the barrier's among them. Those beyond are lost,
 * and the kernel says so, or nothing does.
 */
class SimpleKernel {
  readonly deeds = new Map<number, Deed>();
  readonly order: number[] = [];
  readonly #plans: readonly Plan[];
  readonly #random: SeededRandom;
  readonly #room: number;
  readonly #doubt: Doubt;

  constructor(plans: readonly Plan[], random: SeededRandom, room: number) {
    this.#plans = plans;
    this.#random = random;
    this.#room = room;
    this.#doubt = random.pick(['ERR_NETLINK_OVERRUN', 'ERR_NETLINK_TIMEOUT'] as const);
  }

  answer(requests: readonly SeenMessage[]): Delivery[] {
    const answered = requests.filter(
      (request) => this.#errnoOf(request) !== 0 || (request.flags & NLM_F_ACK) !== 0,
    );
    const lost = new Set(answered.slice(this.#room));
    for (const request of requests.filter(({ type }) => type !== NLMSG_NOOP)) {
      const known = lost.size === 0 || (answered.includes(request) && !lost.has(request));
      this.order.push(numberOf(request));
      const doubt = known ? null : this.#doubt;
      this.deeds.set(numberOf(request), { errno: this.#errnoOf(request), doubt });
    }
    const heard = answered
      .filter((request) => !lost.has(request))
      .flatMap((request) => [...this.#noise(request), refuse(this.#errnoOf(request))(request)]);
    return lost.size > 0 && this.#doubt === 'ERR_NETLINK_OVERRUN' ? [overrun(), ...heard] : heard;
  }

  #errnoOf(request: SeenMessage): number {
    if (request.type === NLMSG_NOOP) return 0;
    return this.#plans[numberOf(request)]?.errno ?? assert.fail('an unknown request came');
  }

  #noise(request: SeenMessage): Uint8Array[] {
    if (!this.#random.chance(0.1)) return [];
    const other = this.#random.pick([0, request.sequence + 5000, 0xffffffff]);
    return [stray(this.#random.pick([refuse(1), reply(0x21)]), other)(request)];
  }
}

function numberOf({ payload }: SeenMessage): number {
  return new DataView(payload.buffer).getUint32(0, hostIsLittleEndian);
}

function expected(plan: Plan, deed: Deed | undefined): string | null {
  if (plan.encoding !== 'fits') return deed === undefined ? plan.encoding : 'it was sent';
  if (deed === undefined) return 'it was not sent';
  return deed.doubt ?? (deed.errno === 0 ? null : errnoName(deed.errno));
}

function observed(error: Error | null): string | null {
  if (error === null) return null;
  if (error instanceof CodecError) return error.code;
  if (error instanceof TypeError) return error.message;
  assert.ok(error instanceof NetlinkError, String(error));
  return error.details.errno ?? String(error.code);
}

function play(seed: number): void {
  const random = seededRandom(seed);
  const plans = Array.from({ length: random.int(0, 60) }, () => randomPlan(random));
  const limits = { datagramBytes: random.int(1, 600), datagramRequests: random.int(1, 30) };
  const simple = new SimpleKernel(plans, random, random.chance(0.3) ? random.int(0, 4) : 1000);
  const kernel: ScriptedKernel = new ScriptedKernel([], (requests) => {
    assert.equal(kernel.unused, 0, 'more was asked before every answer was read');
    return simple.answer(requests);
  });
  const firstSequence = random.pick([1, 1000, 0xffffffff - 20, 0xffffffff]);
  const results = new NetlinkConnection(kernel, limits, firstSequence).batch(plans.map(requestOf));

  assert.deepEqual(
    results.map(observed),
    plans.map((plan, number) => expected(plan, simple.deeds.get(number))),
  );
  const encodable = plans.flatMap((plan, number) => (plan.encoding === 'fits' ? [number] : []));
  assert.deepEqual(simple.order, encodable, 'each once, in order');
  for (const { bytes, messages } of kernel.sent) {
    assert.ok(messages.length - 1 <= limits.datagramRequests);
    assert.ok(bytes.length - barrierBytes <= limits.datagramBytes || messages.length === 2);
  }
  assert.equal(kernel.unused, 0, 'every answer was read');
}

describe(`NetlinkConnection.batch (${batches} random batches, seeds from ${firstSeed})`, () => {
  it('reports of each request what the kernel did with it', () => {
    for (let seed = firstSeed; seed < firstSeed + batches; seed++) {
      try {
        play(seed);
      } catch (error) {
        throw new Error(`LVSD_TEST_SEED=${seed}`, { cause: error });
      }
    }
  });
});
