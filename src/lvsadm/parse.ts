/** A command line, read into what it asks for. Pure but for the names it asks. */
import type { IpvsDaemonRole, IpvsTimeouts } from '../../native/ipvs/types.js';
import type { Command, ListFormat, OfUserspace } from './command.js';
import { Draft, readTimeout } from './draft.js';
import type { Names } from './names.js';
import { OptionReader } from './option-reader.js';
import type { OptionOccurrence } from './option-reader.js';
import type { CommandName } from './options.js';
import { daemonConfig, destinationKey, destinationRequest, serviceConfig, serviceKey } from './requests.js';
import { checkCommandOptions, checkListFormats } from './rules.js';
import { parseSchedulerFlags } from './scheduler-flags.js';
import { NoCommandError, UsageError } from './usage-error.js';

export interface ParseSettings {
  readonly names: Names;
  /** Whether the first operand ends the options; see `OptionReader`. */
  readonly stopAtOperand: boolean;
}

/**
 * Reads the words behind the program's name; no words at all are `-L`.
 *
 * The first option must be the command. Values are refused where they stand, then operands, then what does not go together.
 *
 * @throws NoCommandError, UsageError; LookupNeeded
 */
export function parseCommandLine(words: readonly string[], settings: ParseSettings): Command {
  if (words.length === 0) return parseCommandLine(['-L'], settings);
  const reader = new OptionReader(words, settings.stopAtOperand);
  const command = readCommand(reader);
  if (command.name === 'help' || command.name === 'version') return { kind: command.name };
  const draft = new Draft(settings.names);
  if (command.value !== null) draft.role = readRole(command.name, command.value);
  for (let option = reader.next(); option !== null; option = reader.next()) takeOption(draft, option);
  const timeouts = command.name === 'set' ? takeTimeouts(reader.operands) : null;
  const extra = reader.operands[timeouts === null ? 0 : 3];
  if (extra !== undefined) throw new UsageError(`unexpected argument ${extra}`);
  const flags = parseSchedulerFlags(draft.schedulerFlags, draft.scheduler ?? '');
  checkCommandOptions(command.name, draft.given);
  return commandOf(command.name, draft, flags, timeouts);
}

function readCommand(reader: OptionReader): { name: CommandName; value: string | null } {
  try {
    const first = reader.next();
    if (first !== null && first.syntax.command !== null) {
      return { name: first.syntax.command, value: first.value };
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
  }
  throw new NoCommandError();
}

function takeOption(draft: Draft, option: OptionOccurrence): void {
  if (option.syntax.command !== null) throw new UsageError(`invalid option \`${option.word}'`);
  draft.take(option.syntax.long, option.value);
}

function readRole(command: CommandName, text: string): IpvsDaemonRole {
  if (text === 'master' || text === 'backup') return text;
  throw new UsageError(
    command === 'stop-daemon' ? 'illegal start_daemon specified' : 'illegal start-daemon parameter specified',
  );
}

function takeTimeouts(operands: readonly string[]): IpvsTimeouts {
  const [tcp, tcpFin, udp] = operands;
  if (tcp === undefined || tcpFin === undefined || udp === undefined) {
    throw new UsageError('--set option requires 3 timeout values');
  }
  return { tcpSec: readTimeout(tcp, 0), tcpFinSec: readTimeout(tcpFin, 0), udpSec: readTimeout(udp, 0) };
}

function commandOf(
  name: Exclude<CommandName, 'help' | 'version'>,
  draft: Draft,
  flags: number,
  timeouts: IpvsTimeouts | null,
): Command {
  switch (name) {
    case 'add-service':
    case 'edit-service':
      return { kind: 'change', request: { command: name, service: serviceConfig(draft, flags) } };
    case 'delete-service':
      return { kind: 'change', request: { command: name, service: serviceKey(draft) } };
    case 'add-server':
      return { kind: 'change', request: destinationRequest('add-destination', draft) };
    case 'edit-server':
      return { kind: 'change', request: destinationRequest('edit-destination', draft) };
    case 'delete-server': {
      const [service, destination] = [serviceKey(draft), destinationKey(draft)];
      return { kind: 'change', request: { command: 'delete-destination', service, destination } };
    }
    case 'zero': {
      const service = draft.given.has('service-address') ? serviceKey(draft) : null;
      return { kind: 'change', request: { command: 'zero', service } };
    }
    case 'flush':
      return { kind: 'change', request: { command: 'flush' } };
    case 'set': {
      const unchanged = { tcpSec: 0, tcpFinSec: 0, udpSec: 0 };
      return { kind: 'change', request: { command: 'set-timeouts', timeouts: timeouts ?? unchanged } };
    }
    case 'start-daemon':
      return { kind: 'change', request: { command: 'start-daemon', daemon: daemonConfig(draft) } };
    case 'stop-daemon':
      return { kind: 'change', request: { command: 'stop-daemon', role: draft.role } };
    case 'save':
      return ofTable(draft, {
        kind: 'save',
        numeric: draft.given.has('numeric'),
        full: draft.given.has('full'),
        withoutProbes: draft.given.has('no-probes'),
      });
    case 'restore':
      return { kind: 'restore', checkFirst: draft.given.has('check-first') };
    case 'list':
      return ofTable(draft, listOf(draft));
  }
}

/** The same of the userspace table, where that is asked for. */
function ofTable(draft: Draft, command: OfUserspace['command']): Command {
  return draft.given.has('userspace') ? { kind: 'userspace', command } : command;
}

function listOf(draft: Draft): OfUserspace['command'] {
  const { given } = draft;
  checkListFormats(given);
  const [numeric, json] = [given.has('numeric'), given.has('json')];
  if (given.has('timeout')) return { kind: 'list-timeouts', json };
  if (given.has('daemon')) return { kind: 'list-daemons', json };
  if (given.has('connection')) {
    return { kind: 'list-connections', numeric, engines: given.has('persistent-conn'), json };
  }
  return {
    kind: 'list-services',
    service: given.has('service-address') ? serviceKey(draft) : null,
    format: formats.find((format) => given.has(format)) ?? 'plain',
    numeric,
    exact: given.has('exact'),
    sorted: !given.has('nosort'),
    json,
  };
}

/** Of several the first here is shown. */
const formats = [
  'stats',
  'rate',
  'thresholds',
  'persistent-conn',
  'tun-info',
] as const satisfies readonly ListFormat[];
