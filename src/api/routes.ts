/** What each endpoint does: read the request, ask the director, write the answer. */
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import { ENDPOINTS, type Endpoint } from './endpoints.js';
import { followEvents } from './follow-events.js';
import { jsonLines } from './json-lines.js';
import type { ApiLimits } from './limits.js';
import type { ApiOperations, EventSource, Peer } from './operations.js';
import type { EventsAnswer } from './protocol.js';
import {
  parseCheckResultRequest,
  parseConnectionNames,
  parseDrainRequest,
  parseEventsQuery,
  parseHaOrderRequest,
  parseHistoryNumber,
  parseMaintenanceRequest,
  parseNoticeTestRequest,
  parseReloadRequest,
  parseRollbackRequest,
  parseUndrainRequest,
  parseWeightRequest,
  type EventsQuery,
} from './requests.js';
import { streamBody, type OpenStreams } from './streams.js';

/** What the routes of one listener work with. */
export interface RouteContext {
  readonly operations: ApiOperations;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: ApiLimits;
  readonly streams: OpenStreams;
  readonly peerOf: (socket: Socket) => Peer | null;
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const JSON_LINES_TYPE = 'application/x-ndjson; charset=utf-8';

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** Registers the endpoints that `has` lets through. */
export function addRoutes(
  app: FastifyInstance,
  context: RouteContext,
  has: (endpoint: Endpoint) => boolean,
): void {
  const handlers = handlersOf(context);
  for (const [name, endpoint] of Object.entries(ENDPOINTS)) {
    if (!has(endpoint)) continue;
    app.route({
      method: endpoint.method,
      url: endpoint.path,
      handler: handlers[name as keyof typeof ENDPOINTS],
    });
  }
}

function handlersOf(context: RouteContext): Record<keyof typeof ENDPOINTS, Handler> {
  const { operations, peerOf } = context;
  return {
    healthz: (_request, reply) => reply.type('text/plain; charset=utf-8').send('ok\n'),
    readyz: (_request, reply) => {
      const readiness = operations.readiness();
      return reply.code(readiness.ready ? 200 : 503).send(readiness);
    },
    metrics: (request, reply) => {
      reply.type(METRICS_TYPE);
      return sendStream(request, reply, () => operations.metrics(), context.logger);
    },
    status: () => operations.status(),
    events: (request, reply) => answerEvents(request, reply, context),
    plan: () => operations.plan(),
    connections: (request, reply) => {
      const names = parseConnectionNames(request.query);
      const lines = () => jsonLines(operations.connections(names));
      reply.type(JSON_LINES_TYPE);
      return sendStream(request, reply, lines, context.logger);
    },
    reload: (request) => operations.reload(parseReloadRequest(request.body), peerOf(request.socket)),
    table: () => operations.table(),
    history: () => operations.history(),
    historyEntry: (request) => operations.historyEntry(parseHistoryNumber(request.query)),
    rollback: (request) => operations.rollback(parseRollbackRequest(request.body), peerOf(request.socket)),
    weight: (request) => operations.setWeight(parseWeightRequest(request.body), peerOf(request.socket)),
    checkResult: (request) => operations.tellResult(parseCheckResultRequest(request.body)),
    noticeTest: (request) =>
      operations.testNotice(parseNoticeTestRequest(request.body), peerOf(request.socket)),
    drains: () => operations.drains(),
    drain: (request) => operations.drain(parseDrainRequest(request.body), peerOf(request.socket)),
    undrain: (request) => operations.undrain(parseUndrainRequest(request.body), peerOf(request.socket)),
    haOrder: (request) =>
      operations.orderInstances(parseHaOrderRequest(request.body), peerOf(request.socket)),
    maintenance: (request) =>
      operations.setMaintenance(parseMaintenanceRequest(request.body), peerOf(request.socket)),
  };
}

/** A HEAD request gets the headers, and the source is not even opened. */
function sendStream(
  request: FastifyRequest,
  reply: FastifyReply,
  open: () => AsyncIterable<string>,
  logger: Logger,
): FastifyReply {
  const body = streamBody(request.method === 'HEAD' ? nothing() : open());
  body.on('error', (error) => {
    // Before the headers it is a refusal, which is logged as one.
    if (reply.raw.headersSent) logger.error({ err: error, path: request.url }, 'write answer: cut off');
  });
  return reply.send(body);
}

// eslint-disable-next-line @typescript-eslint/require-await -- the empty answer of a streamed endpoint
async function* nothing(): AsyncGenerator<string> {
  yield* [];
}

async function answerEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  context: RouteContext,
): Promise<FastifyReply | EventsAnswer> {
  const query = parseEventsQuery(request.query);
  const { events } = context.operations;
  if (!query.follow) return eventsAnswer(events, query);
  reply.type(JSON_LINES_TYPE);
  if (request.method === 'HEAD') return reply.send(streamBody(nothing()));
  await context.streams.write(reply, (signal) => followEvents(events, firstPlace(events, query), signal), {
    clock: context.clock,
    stallTimeoutMs: context.limits.stallTimeoutMs,
    stalled: () => context.logger.warn('follow events: dropped a reader that does not read'),
  });
  return reply;
}

/** Numbers start anew with the daemon: a place it has not reached yet was another one's, and means "from now on". */
function firstPlace(events: EventSource, query: EventsQuery): number {
  const last = events.lastSeq();
  return Math.min(last, query.after ?? Math.max(0, last - query.limit));
}

/** Without `after` nobody asked for the events that are no longer kept, so none is missed. */
function eventsAnswer(events: EventSource, query: EventsQuery): EventsAnswer {
  if (query.after !== undefined) return events.since(query.after, query.limit);
  const newest = events.since(Math.max(0, events.lastSeq() - query.limit), query.limit);
  return { events: newest.events, missed: 0 };
}
