/** Instances of VRRP and their roles, for people. Pure. */
import type { HaStatus, InstanceStatus } from '../model/ha-status.js';
import type { VrrpState } from '../model/vrrp-role.js';
import { colors, type Colors } from './colors.js';
import { formatDuration } from './format.js';
import { formatTable } from './table.js';

/** The table, then what is wrong with the process that drives them. Lines without line ends. */
export function haView(ha: HaStatus, { color, nowMs }: { color: boolean; nowMs: number }): string[] {
  const paint = colors(color);
  return [...instanceTable(ha.instances, nowMs, paint), ...processLines(ha, paint)];
}

/** One line for the header of status: `vi_shop active, vi_blog backup`. */
export function roleSummary({ instances }: HaStatus, paint: Colors): string {
  return instances.map(({ instance, state }) => `${instance} ${paintState(state, paint)}`).join(', ');
}

function instanceTable(instances: readonly InstanceStatus[], nowMs: number, paint: Colors): string[] {
  return formatTable(
    [
      { title: 'INSTANCE' },
      { title: 'ROLE' },
      { title: 'FOR' },
      { title: 'PRIORITY', align: 'right' },
      { title: 'INTERFACE' },
      { title: 'VRID', align: 'right' },
      { title: 'ACTIVE PEER' },
      { title: 'ADDRESSES' },
      { title: 'REASON' },
    ],
    instances.map((of) => [
      of.instance,
      paintState(of.state, paint),
      of.sinceMs === 0 ? '' : formatDuration(nowMs - of.sinceMs),
      String(of.priority),
      of.interface,
      String(of.vrid),
      of.peer === null ? '' : `${of.peer.address} (${of.peer.priority})`,
      of.addresses.join(', '),
      of.reason,
    ]),
    { paintTitle: paint.dim },
  );
}

function processLines({ process }: HaStatus, paint: Colors): string[] {
  if (!process.running) return ['', paint.red(`lvsd-vrrp does not run: ${process.reason}`)];
  return process.shortcomings.map((shortcoming) => paint.yellow(`lvsd-vrrp: ${shortcoming}`));
}

function paintState(state: VrrpState, paint: Colors): string {
  switch (state) {
    case 'active':
      return paint.green(state);
    case 'fault':
      return paint.red(state);
    case 'initialize':
      return paint.yellow(state);
    case 'backup':
      return state;
  }
}
