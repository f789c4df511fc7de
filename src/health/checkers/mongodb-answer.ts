/**
 * What of a MongoDB server's answer the client gets to see. Pure.
 *
 * The client takes each field for what it should be, in places where nobody catches what it throws: `hosts: 7` in a hello
 * would end the director. So it gets the fields that a probe needs, and of those what has their type.
 */
import type { BSON } from 'mongodb';
import { excerpt } from './failure.js';
import type { MongoDocument } from './mongodb-standing.js';

/** The value or what of it is fit; undefined = nothing. */
type Fit = (value: unknown) => unknown;
type Fields = Readonly<Record<string, Fit>>;

const flag: Fit = (value) => (typeof value === 'boolean' ? value : undefined);
const number: Fit = (value) => (Number.isFinite(value) ? value : undefined);
const text: Fit = (value) => (typeof value === 'string' ? value : undefined);

function of(type: abstract new (...rest: never[]) => object): Fit {
  return (value) => (value instanceof type ? value : undefined);
}

function listOf(item: Fit): Fit {
  return (value) => (Array.isArray(value) ? value.map(item).filter((each) => each !== undefined) : undefined);
}

function documentOf(fields: Fields): Fit {
  return (value) =>
    typeof value === 'object' && value !== null ? fitFields(value as MongoDocument, fields) : undefined;
}

function fitFields(document: MongoDocument, fields: Fields): MongoDocument {
  const fit = Object.entries(fields).map(([name, take]) => [name, take(document[name])] as const);
  return Object.fromEntries(fit.filter(([, value]) => value !== undefined));
}

/** Servers ask for 10,000 or 15,000; this many take one of the director's threads half a second. */
const MAX_ROUNDS = 1_000_000;

/** Takes answers apart; made once for the client's own classes of values. */
export class MongodbAnswers {
  readonly #bson: typeof BSON;
  readonly #fields: Fields;

  constructor(bson: typeof BSON) {
    const { Binary, Long, ObjectId, Timestamp } = bson;
    const count: Fit = (value) => (value instanceof Long ? value : number(value));
    const login = { conversationId: number, done: flag, payload: of(Binary) };
    const time = of(Timestamp);
    this.#bson = bson;
    this.#fields = {
      ...{ ok: (value) => flag(value) ?? number(value), code: number, codeName: text, errmsg: text },
      // Of hello: which part it has, and what the client needs to speak with it.
      ...{ helloOk: flag, ismaster: flag, isWritablePrimary: flag, secondary: flag, arbiterOnly: flag },
      ...{ isreplicaset: flag, setName: text, setVersion: number, electionId: of(ObjectId), primary: text },
      ...{ minWireVersion: number, maxWireVersion: number, maxBsonObjectSize: number },
      ...{ maxMessageSizeBytes: number, maxWriteBatchSize: number, logicalSessionTimeoutMinutes: number },
      ...{ msg: text, saslSupportedMechs: listOf(text), speculativeAuthenticate: documentOf(login) },
      lastWrite: documentOf({ opTime: documentOf({ ts: time }) }),
      operationTime: time,
      // The client passes it on to the server.
      $clusterTime: (value) => {
        const signature = documentOf({ hash: of(Binary), keyId: count });
        const fit = documentOf({ clusterTime: time, signature })(value) as MongoDocument | undefined;
        return fit?.['clusterTime'] === undefined ? undefined : fit;
      },
      ...login,
      members: listOf(documentOf({ self: flag, state: number, health: number, optimeDate: of(Date) })),
    };
  }

  /** @throws Error for a log-in that would harm */
  fit(answer: MongoDocument): MongoDocument {
    const fit = fitFields(answer, this.#fields);
    this.#judgeLogin(fit);
    const early = fit['speculativeAuthenticate'];
    if (early !== undefined) this.#judgeLogin(early as MongoDocument);
    return fit;
  }

  /** @see RFC 5802: the server's first message is `r=nonce,s=salt,i=rounds` */
  #judgeLogin(answer: MongoDocument): void {
    const { payload } = answer;
    if (!(payload instanceof this.#bson.Binary)) {
      if ('conversationId' in answer) throw new Error('log-in: the answer is none of SCRAM');
      return;
    }
    const words = Buffer.from(payload.value()).toString('latin1');
    for (const [, rounds = ''] of words.matchAll(/(?:^|,)i=([^,]*)/g))
      if (!/^\d{1,7}$/.test(rounds) || Number(rounds) > MAX_ROUNDS)
        throw new Error(
          `log-in: the server wants the password hashed ${excerpt(Buffer.from(rounds, 'latin1'))} times, ` +
            `at most ${MAX_ROUNDS}`,
        );
  }
}
