/** The table that a program of a bench finds: empty, and in a network namespace of its own. */
import { execFileSync } from 'node:child_process';
import {
  enterNewNetworkNamespace,
  IpvsClient,
  linkByName,
  openRtnetlink,
  setLinkState,
} from '../../native/index.js';
import { serversPerService } from './rules.js';

/**
 * Enters a new namespace, for each program another one: for two minutes the kernel keeps what was deleted, and looks through all
 * of it for every server that is added.
 *
 * @see net/netfilter/ipvs/ip_vs_ctl.c (ip_vs_trash_get_dest)
 */
export function enterEmptyTable(): IpvsClient {
  enterNewNetworkNamespace();
  const links = openRtnetlink();
  // without it every server is refused, for its address leads nowhere
  setLinkState(links, linkByName(links, 'lo')?.index ?? 1, 'up');
  links.close();
  return IpvsClient.open();
}

/** @throws Error when the table does not hold all of it, whoever made it */
export function expectComplete(table: IpvsClient, services: number, program: string): void {
  const listed = table.services();
  const servers = listed.reduce((sum, service) => sum + table.destinations(service).length, 0);
  if (listed.length === services && servers === services * serversPerService) return;
  throw new Error(`${program} made ${listed.length} services and ${servers} servers`);
}

/** The first line of what a program says of its version. */
export function versionOf(command: string, args: readonly string[]): string {
  const script = '"$0" "$@" 2>&1 | head -n 1';
  return execFileSync('sh', ['-c', script, command, ...args], { encoding: 'utf8' }).trim();
}
