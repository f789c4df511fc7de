/** All of a network namespace that setup may touch, as text to be compared. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

const commands = [
  'ip -d address',
  'ip -4 route show table all',
  'ip -6 route show table all',
  'ip -4 rule',
  'ip fou show 2>/dev/null',
  // some can only be written, or have no value yet
  'grep -rs "" /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf | sort',
].join('\n');

/** Gives the calling thread's namespace: addresses, links, routes, ports and every setting below net/ipv[46]/conf. */
export function picture(): string {
  return withoutHistory(execFileSync('sh', ['-c', commands], { encoding: 'utf8' }));
}

/**
 * A link has its queue from the first time that it was up, and nobody can take that back. One that is made anew has another
 * number and another hardware address.
 */
function withoutHistory(text: string): string {
  return text
    .replace(/qdisc (noop|noqueue)/g, 'qdisc -')
    .replace(/^\d+: (lvsd-vip: .*\n +link\/ether )\S+/gm, '$1');
}

/** Asserts that the namespace is as it was. Only the lines that differ are shown: a full comparison of so much text takes minutes. */
export function assertPicture(expected: string, message = 'the namespace'): void {
  const actual = picture();
  if (actual === expected) return;
  const [had, has] = [expected.split('\n'), actual.split('\n')];
  const [hadSet, hasSet] = [new Set(had), new Set(has)];
  const lines = [
    ...had.filter((line) => !hasSet.has(line)).map((line) => `- ${line}`),
    ...has.filter((line) => !hadSet.has(line)).map((line) => `+ ${line}`),
  ];
  assert.fail(
    `${message}: ${lines.length === 0 ? 'the same lines in another order' : ''}\n${lines.join('\n')}`,
  );
}
