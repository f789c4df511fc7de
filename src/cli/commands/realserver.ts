import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Argument, Option, type Command } from 'commander';
import { runtimePaths } from '../../base/runtime-paths.js';
import { RealServerError } from '../../host/realserver/errors.js';
import { RecordFile } from '../../host/realserver/record-file.js';
import { presentRecord, type Change, type RecordStore } from '../../host/realserver/record.js';
import {
  formatOptions,
  parseRequest,
  type RealServerOptions,
  type RealServerRequest,
} from '../../host/realserver/request.js';
import { realServerScript } from '../../host/realserver/script.js';
import { check, refuseBlocked, setUp } from '../../host/realserver/setup.js';
import type { RealServerHost } from '../../host/realserver/types.js';
import { planUndo, undo } from '../../host/realserver/undo.js';
import { systemdUnit } from '../../host/realserver/unit.js';
import { jsonOption, newCommand, wholeNumber } from '../command.js';
import type { CliContext } from '../context.js';
import { EXIT_FAILED, usageError } from '../failure.js';
import { formatJson } from '../format.js';
import {
  changeJson,
  checkView,
  dryRunView,
  requirementJson,
  setupView,
  undoJson,
  undoView,
} from '../realserver-view.js';

type Action = 'setup' | 'check' | 'undo';

interface CommandOptions extends RealServerOptions {
  readonly state?: string;
  readonly dryRun?: true;
  readonly printScript?: true;
  readonly systemd?: true;
  readonly json?: true;
}

/** Opens the running host: late, for no other command needs the kernel. */
export type OpenHost = () => Promise<RealServerHost>;

const openLinuxHost: OpenHost = async () => {
  const { LinuxHost } = await import('../../host/realserver/linux-host.js');
  return new LinuxHost();
};

/** `lvsd realserver setup|check|undo`: makes the host that it runs on a real server of some director. */
export function realserverCommand(context: CliContext, openHost: OpenHost = openLinuxHost): Command {
  return newCommand({
    name: 'realserver',
    summary: 'set up this host as a real server, check it, or undo it',
    examples: [
      'lvsd realserver setup --forwarding dr --vip 192.0.2.10 --vip 2001:db8::10',
      'lvsd realserver setup --forwarding tun --vip 192.0.2.10 --tunnel gue --port 6080',
      'lvsd realserver setup --forwarding nat --gateway 10.0.0.1 --dry-run',
      'lvsd realserver check',
      'lvsd realserver undo',
      'lvsd realserver setup --forwarding dr --vip 192.0.2.10 --print-script > realserver.sh',
    ],
    description:
      'Runs on the real server and not on the director. setup does what is missing, says what and why, and records it;\n' +
      'undo takes back exactly that; check exits 1 if something is missing. Without --forwarding, check goes by what was\n' +
      'set up. The director must forward to this host in the same way.',
  })
    .addArgument(new Argument('<action>', 'what to do').choices(['setup', 'check', 'undo']))
    .addOption(new Option('--forwarding <method>', 'how the director forwards').choices(['dr', 'tun', 'nat']))
    .option('--vip <address...>', 'address of the service; may be repeated')
    .option('--gateway <address...>', "nat: the director's address on this side, one a family")
    .addOption(
      new Option('--tunnel <type>', 'tun: how packets are wrapped (default: ipip)').choices([
        'ipip',
        'gue',
        'gre',
      ]),
    )
    .option('--port <number>', 'gue: UDP port (default: 6080)', wholeNumber(1, 65_535))
    .addOption(
      new Option(
        '--over <family>',
        "tun: family of this host's own address as the director has it (default: the VIP's)",
      ).choices(['ipv4', 'ipv6']),
    )
    .option('--device <name>', "what the VIP stands on: lo, dummy (makes lvsd-vip), a dummy's name")
    .option('--interface <name>', 'where packets of the director come in, or where the gateway is')
    .option('--state <file>', 'record of what was done (default: realserver.json in the state folder)')
    .option('--dry-run', 'only show what would be done')
    .option('--print-script', 'print a shell script for hosts without lvsd: sh FILE start|stop')
    .option('--systemd', 'print a unit that sets this host up at each boot')
    .addOption(jsonOption())
    .action((action: Action, options: CommandOptions) => run(context, openHost, action, options));
}

async function run(
  context: CliContext,
  openHost: OpenHost,
  action: Action,
  options: CommandOptions,
): Promise<void> {
  const store = new RecordFile(recordPath(context, options));
  if (options.printScript === true || options.systemd === true) {
    context.out(printed(action, options));
    return;
  }
  switch (action) {
    case 'setup':
      setup(context, await openHost(), store, options);
      return;
    case 'check':
      checkHost(context, await openHost(), store, options);
      return;
    case 'undo':
      undoSetup(context, await openHost(), store, options);
  }
}

function printed(action: Action, options: CommandOptions): string {
  if (options.printScript === true && options.systemd === true) {
    throw usageError('realserver: give --print-script or --systemd, not both');
  }
  if (action !== 'setup')
    throw usageError(`realserver ${action}: --print-script and --systemd go with setup`);
  const request = requestOf(options);
  if (options.printScript === true) return realServerScript(request);
  const state = options.state === undefined ? [] : ['--state', resolve(options.state)];
  return systemdUnit([...formatOptions(request), ...state], state);
}

function requestOf(options: RealServerOptions): RealServerRequest {
  try {
    return parseRequest(options);
  } catch (error) {
    if (error instanceof RealServerError) throw usageError(error.message);
    throw error;
  }
}

function recordPath({ uid, environment }: CliContext, { state }: CommandOptions): string {
  if (state !== undefined) return resolve(state);
  const { stateDir } = runtimePaths({ uid, environment, tmpdir: tmpdir(), home: homedir() });
  return join(stateDir, 'realserver.json');
}

function setup(context: CliContext, host: RealServerHost, store: RecordStore, options: CommandOptions): void {
  const request = requestOf(options);
  if (options.dryRun === true) {
    const changes = planned(host, request);
    context.out(
      options.json === true
        ? formatJson({ ok: true, dryRun: true, changes: changes.map(changeJson) })
        : dryRunView(changes, context.color),
    );
    return;
  }
  const { changes } = setUp(host, store, request);
  context.out(
    options.json === true
      ? formatJson({ ok: true, record: store.path, changes: changes.map(changeJson) })
      : setupView(changes, store.path, context.color),
  );
}

/** What setup would do, as changes that were not made. */
function planned(host: RealServerHost, request: RealServerRequest): Change[] {
  const requirements = check(host, request);
  refuseBlocked(requirements);
  return requirements.flatMap(({ steps, reason, found }) =>
    steps.map((step) => ({ step, before: step.kind === 'write-sysctl' ? found : null, reason })),
  );
}

function checkHost(
  context: CliContext,
  host: RealServerHost,
  store: RecordStore,
  options: CommandOptions,
): void {
  const requests = options.forwarding === undefined ? recorded(host, store) : [requestOf(options)];
  const checked = requests.map((request) => ({ request, requirements: check(host, request) }));
  const ok = checked.every(({ requirements }) => requirements.every((requirement) => requirement.ok));
  const asJson = (): string =>
    formatJson({
      ok,
      requirements: checked.flatMap(({ requirements }) => requirements.map(requirementJson)),
    });
  context.out(options.json === true ? asJson() : checkView(checked, context.color));
  if (!ok) context.exit(EXIT_FAILED);
}

/** What was set up on this host. A record of an earlier boot still says what it should be. */
function recorded(host: RealServerHost, store: RecordStore): readonly RealServerRequest[] {
  const identity = host.identity();
  const record = presentRecord(store, identity) ?? store.load();
  if (record !== null && record.requests.length > 0) return record.requests;
  throw usageError(
    `realserver check: nothing is recorded in ${store.path}; say what to check: --forwarding dr --vip ADDRESS`,
  );
}

function undoSetup(
  context: CliContext,
  host: RealServerHost,
  store: RecordStore,
  options: CommandOptions,
): void {
  const dryRun = options.dryRun === true;
  const entries = dryRun ? planUndo(host, store) : undo(host, store);
  const ok = entries.every(({ outcome }) => outcome !== 'failed');
  context.out(
    options.json === true
      ? formatJson({ ok, dryRun, changes: entries.map(undoJson) })
      : undoView(entries, dryRun, context.color),
  );
  if (!ok) context.exit(EXIT_FAILED);
}
