/** What must hold for the parsers of checks, whatever a server sends: a value or their own error, the same in any memory. */
import assert from 'node:assert/strict';
import { decode } from 'dns-packet';
import { decodeEchoReply } from '../../native/icmp/echo-message.js';
import { decodeAnswer, DnsAnswerError } from '../../src/health/checkers/dns-answer.js';
import { JsonMismatch, judgeJson } from '../../src/health/checkers/json-value.js';
import { SmtpReplyError, SmtpReplyReader } from '../../src/health/checkers/smtp-reply.js';
import { DNS_QUERY_TYPES } from '../../src/model/health-check.js';
import { seededRandom, type SeededRandom } from '../support/random.js';
import { dnsSamples, jsonSamples, mutateBytes, pingSamples, smtpSamples } from './probe-answers.js';

type Outcome = { readonly value: unknown } | { readonly refused: string };

interface Parser {
  readonly name: string;
  readonly samples: readonly Buffer[];
  /** `choices` gives what else is decided by chance, the same for every memory. */
  readonly parse: (bytes: Buffer, choices: SeededRandom) => unknown;
  readonly own: new (...words: never[]) => Error;
}

const JSON_PATHS = [
  ['status'],
  ['components', 'db', 'status'],
  ['nodes', 1, 'lag'],
  [2, '', 0],
  ['__proto__', 'x'],
  [],
];

export const parsers: readonly Parser[] = [
  {
    name: 'dns',
    samples: dnsSamples,
    parse: (bytes, choices) => {
      // Mostly the id and the question that the answer has, or nothing else would be looked at.
      const id = bytes.length >= 2 && choices.chance(0.95) ? bytes.readUInt16BE(0) : 7;
      const asked = choices.chance(0.95) ? questionIn(bytes) : null;
      const queryType = DNS_QUERY_TYPES.find((type) => type === asked?.type) ?? choices.pick(DNS_QUERY_TYPES);
      return decodeAnswer(bytes, { id, name: asked?.name ?? 'shop.example', queryType, recursion: true });
    },
    own: DnsAnswerError,
  },
  {
    name: 'smtp',
    samples: smtpSamples,
    parse: (bytes) => new SmtpReplyReader().push(bytes.toString('latin1')),
    own: SmtpReplyError,
  },
  {
    name: 'json',
    samples: jsonSamples,
    parse: (bytes, choices) => {
      const equals = choices.chance(0.8) ? null : { value: choices.pick(['UP', null, true, 0]) };
      judgeJson(bytes.toString('utf8'), { path: choices.pick(JSON_PATHS), equals });
      return 'as expected';
    },
    own: JsonMismatch,
  },
  {
    name: 'icmp',
    samples: pingSamples,
    parse: (bytes, choices) => {
      const family = choices.pick(['ipv4', 'ipv6'] as const);
      const reply = decodeEchoReply(family, bytes, choices.chance(0.5));
      if (reply === null) throw new NoReply();
      return { ...reply, payload: Buffer.from(reply.payload) };
    },
    own: class extends Error {},
  },
];

/** Null when there is none that can be read. */
function questionIn(bytes: Buffer): { readonly name: string; readonly type: string } | null {
  try {
    return decode(bytes).questions?.[0] ?? null;
  } catch {
    return null;
  }
}

/** The decoder of ICMP answers null. */
class NoReply extends Error {}

const guardBytes = 64;

/** Parses one changed sample, in two memories with other bytes around it. @returns whether it was taken */
export function checkParser({ samples, parse, own }: Parser, seed: number): boolean {
  const random = seededRandom(seed);
  const bytes = mutateBytes(samples, random);
  const outcomes = [0xa5, 0x5a].map((poison) => {
    const memory = Buffer.alloc(bytes.length + 2 * guardBytes, poison);
    bytes.copy(memory, guardBytes);
    const view = memory.subarray(guardBytes, guardBytes + bytes.length);
    const outcome = attempt(() => parse(view, seededRandom(seed)), own);
    assert.ok(view.equals(bytes), 'a parser wrote into what it read');
    return outcome;
  });
  assert.deepEqual(outcomes[0], outcomes[1], 'a result depends on foreign bytes');
  return outcomes[0] !== undefined && 'value' in outcomes[0];
}

function attempt(parse: () => unknown, own: Parser['own']): Outcome {
  try {
    return { value: parse() };
  } catch (error) {
    if (!(error instanceof own) && !(error instanceof NoReply)) throw error;
    return { refused: error.message };
  }
}

/** However a dialogue is cut into pieces, the replies are the same, or the refusal is. */
export function checkPieces(seed: number): void {
  const random = seededRandom(seed);
  const text = mutateBytes(smtpSamples, random).toString('latin1');
  const whole = attempt(() => new SmtpReplyReader().push(text), SmtpReplyError);
  const reader = new SmtpReplyReader();
  const pieces = attempt(() => {
    const replies = [];
    for (let at = 0; at < text.length;) {
      const end = at + random.int(1, 40);
      replies.push(...reader.push(text.slice(at, end)));
      at = end;
    }
    return replies;
  }, SmtpReplyError);
  assert.deepEqual(pieces, whole);
}
