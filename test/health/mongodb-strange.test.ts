/** A MongoDB server that is broken, or means harm, must neither hold the director nor end it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BSON } from 'mongodb';
import { realClock } from '../../src/base/clock.js';
import { MongodbChecker } from '../../src/health/checkers/mongodb.js';
import { plainSockets } from '../../src/health/net/sockets.js';
import { seededRandom, type SeededRandom } from '../support/random.js';
import { withMongoServer, type MongoScript } from './support/mongo-server.js';
import { endure, spoiled } from './support/strange-database.js';

type Document = Readonly<Record<string, unknown>>;

/** Where an answer is to be read, whatever else the machine does. */
const PATIENT_MS = 10_000;
/** Some answers are awaited in vain, and each of those probes lasts so long: as short as this machine allows just now. */
const [SHORTEST_MS, LONGEST_MS] = [300, 1500];
const account = { username: 'lvsd', password: 'geheim' };
const hello = {
  setName: 'rs0',
  primary: 'db1:27017',
  isWritablePrimary: false,
  secondary: true,
  logicalSessionTimeoutMinutes: 30,
};
const date = new Date('2026-01-01T00:00:00Z');
const members = [
  { state: 1, health: 1, optimeDate: date },
  { state: 2, health: 1, self: true, optimeDate: date },
];
const script: MongoScript = {
  hello,
  account,
  commands: { replSetGetStatus: () => ({ set: 'rs0', members, ok: 1 }) },
};

/** What one probe says, after another one by which the client is loaded. */
async function wordsOf(more: Partial<MongoScript>): Promise<string> {
  const words = await probesOf(more, 1, PATIENT_MS);
  return words.at(-1) ?? '';
}

async function probesOf(
  more: Partial<MongoScript>,
  probes: number,
  timeoutMs: number,
): Promise<readonly string[]> {
  let words: readonly string[] = [];
  await withMongoServer({ ...script, ...more }, async ({ port, idle }) => {
    const checker = new MongodbChecker(
      plainSockets,
      { address: '127.0.0.1', port },
      {
        credentials: account,
        authDatabase: 'admin',
        tls: null,
        role: 'replica',
        maxLagMs: 1000,
        replicaSet: null,
        timeoutMs,
      },
    );
    words = await endure(checker, { probes, timeoutMs });
    await idle();
  });
  return words;
}

/** Several times what as many probes as are made at once need, when nothing is strange. */
async function fairTimeoutMs(): Promise<number> {
  const beganMs = realClock.nowMs();
  await probesOf({}, 20, PATIENT_MS);
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, 2 * (realClock.nowMs() - beganMs)));
}

/** Changes the answers that have this field, `hello` and the like aside. */
const inAnswerWith =
  (field: string, change: (answer: Document) => Document) =>
  (answer: Document): Document =>
    field in answer ? change(answer) : answer;

const VALUES: readonly unknown[] = [
  null,
  0,
  -1,
  2 ** 40,
  Number.NaN,
  true,
  '',
  'SCRAM-SHA-256',
  [],
  ['zlib', 'snappy'],
  ['SCRAM-SHA-1'],
  {},
  { clusterTime: 7 },
  { processId: 1, counter: 'x' },
  { payload: new BSON.Binary(Buffer.from('r=nonce,s=,i=1')) },
  new BSON.Binary(Buffer.from('r=,s=,i=99999999999')),
  new BSON.Binary(Buffer.from('v=')),
  BSON.Long.fromNumber(2 ** 53),
  new BSON.Timestamp({ t: 1, i: 1 }),
  new BSON.ObjectId('7fffffff000000000000002a'),
  new BSON.MinKey(),
  new BSON.Code('x', { payload: 1 }),
  /(a+)+$/,
];

const FIELDS = [
  'payload',
  'conversationId',
  'done',
  'maxWireVersion',
  'setName',
  'isWritablePrimary',
  'logicalSessionTimeoutMinutes',
  '$clusterTime',
  'operationTime',
  'lastWrite',
  'topologyVersion',
  'electionId',
  'setVersion',
  'compression',
  'saslSupportedMechs',
  'speculativeAuthenticate',
  'serviceId',
  'hosts',
  'me',
  'ok',
  'code',
  'errorLabels',
  'baseBackoffMS',
  'writeConcernError',
  'recoveryToken',
];
const REFUSALS = [11600, 10107, 13435, 391, 18, 13, 462];

const isReply = (message: Buffer): boolean => message.readInt32LE(12) === 1;

/** A document that is whole, and says what no server would. */
function twisted(answer: Document, random: SeededRandom): Document {
  if (random.chance(0.7)) return answer;
  if (random.chance(0.15))
    return {
      ok: 0,
      code: random.pick(REFUSALS),
      errmsg: 'no',
      errorLabels: ['RetryableError', 'SystemOverloadedError', 'RetryableWriteError'],
      baseBackoffMS: 1e9,
    };
  const field = random.pick([...FIELDS, ...Object.keys(answer)]);
  if (random.chance(0.2))
    return Object.fromEntries(Object.entries(answer).filter(([name]) => name !== field));
  return { ...answer, [field]: random.pick(VALUES) };
}

describe('a strange MongoDB server', () => {
  it('cannot hold the director by lengths and counts', async () => {
    const changes: readonly ((message: Buffer) => number)[] = [
      // The document of a message, the documents of a reply.
      (message) => (isReply(message) ? 0 : message.writeInt32LE(-5, 16 + 5)),
      (message) => (isReply(message) ? 0 : message.writeInt32LE(0, 16 + 5)),
      (message) => (isReply(message) ? message.writeInt32LE(0x7fffffff, 16 + 16) : 0),
      // Packed, which nobody asked for.
      (message) => message.writeInt32LE(2012, 12),
    ];
    for (const change of changes) {
      const spoil = (message: Buffer): Buffer => {
        change(message);
        return message;
      };
      assert.match(await wordsOf({ spoil }), /: this is no answer of MongoDB, got "/);
    }
  });

  it('cannot have the password hashed for hours, nor spoil the log-in in another way', async () => {
    const payload = (text: string) => ({ payload: new BSON.Binary(Buffer.from(text)) });
    const cases: readonly (readonly [change: (answer: Document) => Document, words: RegExp])[] = [
      [({ payload: _none, ...rest }) => rest, /: log-in: the answer is none of SCRAM$/],
      [(answer) => ({ ...answer, payload: 'r=x' }), /: log-in: the answer is none of SCRAM$/],
      [
        (answer) => ({ ...answer, ...payload('r=x,s=eA==,i=1000001') }),
        /wants the password hashed "1000001"/,
      ],
      [
        (answer) => ({ ...answer, ...payload('r=x,s=eA==,i= 9e9') }),
        /wants the password hashed " 9e9" times/,
      ],
      [(answer) => ({ ...answer, ...payload('') }), /: log-in: /],
    ];
    for (const [change, expected] of cases) {
      assert.match(await wordsOf({ alter: inAnswerWith('payload', change) }), expected);
    }
  });

  it('cannot flood the director', async () => {
    const large = { ...hello, filler: 'x'.repeat(400_000) };
    const spoil = (bytes: Buffer): Buffer => Buffer.concat([bytes, bytes, bytes]);
    assert.match(await wordsOf({ hello: large, spoil }), /: the server sends too much$/);
  });

  it('cannot harm it by any other bytes', async () => {
    const random = seededRandom(1);
    const words = await probesOf(
      { spoil: (message) => spoiled(message, random) },
      300,
      await fairTimeoutMs(),
    );
    assert.ok(
      new Set(words.map((said) => said.slice(0, 50))).size > 3,
      'the answers are spoiled in many ways',
    );
    assert.ok(words.includes('up'));
  });

  it('cannot harm it by whole answers that say what none would', async () => {
    const random = seededRandom(2);
    const words = await probesOf({ alter: (answer) => twisted(answer, random) }, 300, await fairTimeoutMs());
    assert.ok(new Set(words).size > 3);
    assert.ok(words.includes('up'));
  });
});
