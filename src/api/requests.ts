/** What a request may carry. Unknown fields are refused, so no call can bring a command, a module or a file along. */
import { z } from 'zod';
import { apiError } from './errors.js';
import type { CheckResultRequest } from './check-result-protocol.js';
import type { DrainRequest, MaintenanceRequest, ServerRequest } from './drain-protocol.js';
import type { HaOrderRequest } from './ha-protocol.js';
import type { NoticeTestRequest } from './notice-protocol.js';
import type { ConnectionNames } from './operations.js';
import type { ReloadRequest, RollbackRequest, WeightRequest } from './protocol.js';

const LARGEST_WEIGHT = 65_535;
/** Long enough for every service name, server name and `[address]:port`. */
const LONGEST_NAME = 255;
const LARGEST_EVENT_LIMIT = 10_000;
const DEFAULT_EVENT_LIMIT = 100;

const words = (longest: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(longest, `must be at most ${longest} characters long`)
    // eslint-disable-next-line no-control-regex -- control characters are what it keeps out, of logs and terminals
    .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, 'must not contain control characters');

const name = words(LONGEST_NAME);

const reloadRequest = z.strictObject({ force: z.boolean() });

const LARGEST_NUMBER = 999_999_999;

const rollbackRequest = z.strictObject({
  number: z.int().min(1).max(LARGEST_NUMBER),
  force: z.boolean(),
});

const weightRequest = z.strictObject({
  service: name.optional(),
  server: name,
  weight: z.int().min(0).max(LARGEST_WEIGHT).nullable(),
  dryRun: z.boolean(),
});

const LONGEST_FINDING = 200;

const checkResultRequest = z.strictObject({
  server: name,
  up: z.boolean(),
  reason: words(LONGEST_FINDING).optional(),
});

const noticeTestRequest = z.strictObject({ notice: name });

const haOrderRequest = z.strictObject({
  verb: z.enum(['release', 'takeover']),
  instance: name.optional(),
  force: z.boolean(),
});

const serverRequest = z.strictObject({ service: name.optional(), server: name, dryRun: z.boolean() });

/** 31 days. */
const LONGEST_DRAIN_MS = 31 * 24 * 3_600_000;

const drainRequest = serverRequest.extend({
  timeoutMs: z.int().min(0).max(LONGEST_DRAIN_MS).nullable().optional(),
});

const LONGEST_REASON = 500;

const maintenanceRequest = serverRequest.extend({
  on: z.boolean(),
  reason: words(LONGEST_REASON).optional(),
});

const connectionsQuery = z.strictObject({ service: name.optional(), server: name.optional() });

const wholeNumber = (largest: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number, 0 or more')
    .transform(Number)
    .refine((value) => value <= largest, `must be at most ${largest}`);

const historyQuery = z.strictObject({ number: wholeNumber(LARGEST_NUMBER) });

const eventsQuery = z.strictObject({
  after: wholeNumber(Number.MAX_SAFE_INTEGER).optional(),
  limit: wholeNumber(LARGEST_EVENT_LIMIT).default(DEFAULT_EVENT_LIMIT),
  follow: z
    .enum(['0', '1'])
    .default('0')
    .transform((value) => value === '1'),
});

/** The query of GET /api/v1/events. */
export interface EventsQuery {
  /** Only events with a higher `seq`; undefined = the newest `limit`. */
  readonly after?: number | undefined;
  /** At most so many; with `follow` only how many of the newest come first when `after` is absent. */
  readonly limit: number;
  /** Go on with each new event. */
  readonly follow: boolean;
}

/** @throws ApiError ERR_API_BAD_REQUEST naming each wrong field */
export function parseReloadRequest(body: unknown): ReloadRequest {
  return parse('read reload request', reloadRequest, body);
}

/** @throws ApiError ERR_API_BAD_REQUEST naming each wrong field */
export function parseRollbackRequest(body: unknown): RollbackRequest {
  return parse('read rollback request', rollbackRequest, body);
}

/** @throws ApiError ERR_API_BAD_REQUEST naming each wrong parameter */
export function parseHistoryNumber(query: unknown): number {
  return parse('read history query', historyQuery, query).number;
}

/** @throws ApiError ERR_API_BAD_REQUEST naming each wrong field */
export function parseWeightRequest(body: unknown): WeightRequest {
  const { service, ...rest } = parse('read weight request', weightRequest, body);
  return service === undefined ? rest : { service, ...rest };
}

/** @throws ApiError ERR_API_BAD_REQUEST naming each wrong field */
export function parseCheckResultRequest(body: unknown): CheckResultRequest {
  const { reason, ...rest } = parse('read check result', checkResultRequest, body);
  return reason === undefined ? rest : { ...rest, reason };
}

/** @throws ApiError ERR_API_BAD_REQUEST naming each wrong field */
export function parseNoticeTestRequest(body: unknown): NoticeTestRequest {
  return parse('read notice test', noticeTestRequest, body);
}

/** @throws ApiError ERR_API_BAD_REQUEST naming each wrong field */
export function parseHaOrderRequest(body: unknown): HaOrderRequest {
  const { instance, ...rest } = parse('read order to instances', haOrderRequest, body);
  return instance === undefined ? rest : { ...rest, instance };
}

/** @throws ApiError ERR_API_BAD_REQUEST naming each wrong field */
export function parseDrainRequest(body: unknown): DrainRequest {
  const { timeoutMs, ...rest } = parse('read drain request', drainRequest, body);
  return { ...withoutAbsent(rest), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}

/** @throws ApiError ERR_API_BAD_REQUEST naming each wrong field */
export function parseUndrainRequest(body: unknown): ServerRequest {
  return withoutAbsent(parse('read undrain request', serverRequest, body));
}

/** @throws ApiError ERR_API_BAD_REQUEST naming each wrong field */
export function parseMaintenanceRequest(body: unknown): MaintenanceRequest {
  const { on, reason, ...rest } = parse('read maintenance request', maintenanceRequest, body);
  return { ...withoutAbsent(rest), on, ...(reason === undefined ? {} : { reason }) };
}

function withoutAbsent({ service, ...rest }: z.infer<typeof serverRequest>): ServerRequest {
  return service === undefined ? rest : { service, ...rest };
}

/** @throws ApiError ERR_API_BAD_REQUEST naming each wrong parameter */
export function parseConnectionNames(query: unknown): ConnectionNames {
  const { service, server } = parse('read connections query', connectionsQuery, query);
  return { ...(service === undefined ? {} : { service }), ...(server === undefined ? {} : { server }) };
}

/** @throws ApiError ERR_API_BAD_REQUEST naming each wrong parameter */
export function parseEventsQuery(query: unknown): EventsQuery {
  return parse('read events query', eventsQuery, query);
}

function parse<T>(operation: string, schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const reasons = result.error.issues.map(describeIssue).join('; ');
  throw apiError('ERR_API_BAD_REQUEST', `${operation}: ${reasons}`);
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `unknown field ${issue.keys.map(quoted).join(', ')}`;
  const field = issue.path.join('.');
  return field === '' ? issue.message : `${field}: ${issue.message}`;
}

/** As JSON, cut: the name of a field is the asker's own text. */
function quoted(key: string): string {
  return JSON.stringify(key.slice(0, 64));
}
