/**
 * A mark as one line of JSON, without its line end. Pure.
 *
 *   {"k":"start","t":1767225600000,"m":12}
 *   {"k":"all","t":...,"m":...,"s":[["shop","up",[["web-1","up"],["web-2","down"]]]]}      "lost":true where marks were lost
 *   {"k":"change","t":...,"m":...,"s":"shop","v":"web-1","is":"down"}                     without "v": the service
 *   {"k":"rename","t":...,"m":...,"s":"shop","n":[["10.0.0.1:80","web-1"]]}               without "s": services
 *
 * `t` is the wall clock in ms since the epoch, `m` the monotonic one of the process.
 */
import { STANDINGS, type ServiceStanding, type Standing, type Standings } from '../model/standing.js';
import type { Mark } from './mark.js';

/** Never throws. */
export function formatMark(mark: Mark): string {
  return JSON.stringify({ k: mark.kind, t: mark.wallMs, m: mark.monoMs, ...fieldsOf(mark) });
}

function fieldsOf(mark: Mark): Readonly<Record<string, unknown>> {
  switch (mark.kind) {
    case 'start':
    case 'stop':
    case 'beat':
      return {};
    case 'all': {
      const services = [...mark.standings].map(([name, { standing, servers }]) => [
        name,
        standing,
        [...servers],
      ]);
      return { ...(mark.lost ? { lost: true } : {}), s: services };
    }
    case 'change':
      return { s: mark.service, ...(mark.server === null ? {} : { v: mark.server }), is: mark.standing };
    case 'rename':
      return { ...(mark.service === null ? {} : { s: mark.service }), n: mark.names };
  }
}

/** @returns null when the line is not one of these, or was cut off. Never throws. */
export function parseMark(line: string): Mark | null {
  const fields = parseObject(line);
  if (fields === null) return null;
  const { k: kind, t: wallMs, m: monoMs } = fields;
  if (!isTime(wallMs) || !isTime(monoMs)) return null;
  const times = { wallMs, monoMs };
  switch (kind) {
    case 'start':
    case 'stop':
    case 'beat':
      return { kind, ...times };
    case 'all': {
      const standings = parseStandings(fields['s']);
      return standings === null ? null : { kind, ...times, standings, lost: fields['lost'] === true };
    }
    case 'change': {
      const { s: service, v: server = null, is: standing } = fields;
      if (!isName(service) || !(server === null || isName(server)) || !isStanding(standing)) return null;
      return { kind, ...times, service, server, standing };
    }
    case 'rename': {
      const { s: service = null, n: names } = fields;
      if (!(service === null || isName(service)) || !isPairs(names)) return null;
      return { kind, ...times, service, names };
    }
    default:
      return null;
  }
}

function parseObject(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function parseStandings(value: unknown): Standings | null {
  if (!Array.isArray(value)) return null;
  const standings = new Map<string, ServiceStanding>();
  for (const item of value as readonly unknown[]) {
    if (!Array.isArray(item)) return null;
    const [name, standing, list] = item as readonly unknown[];
    if (!isName(name) || !isStanding(standing) || !isPairs(list)) return null;
    const servers = new Map<string, Standing>();
    for (const [server, ofServer] of list) {
      if (!isStanding(ofServer)) return null;
      servers.set(server, ofServer);
    }
    standings.set(name, { standing, servers });
  }
  return standings;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isStanding(value: unknown): value is Standing {
  return (STANDINGS as readonly unknown[]).includes(value);
}

function isPairs(value: unknown): value is readonly (readonly [string, string])[] {
  return (
    Array.isArray(value) &&
    value.every((pair) => Array.isArray(pair) && pair.length === 2 && isName(pair[0]) && isName(pair[1]))
  );
}
