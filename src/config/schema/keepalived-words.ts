/** What keepalived.conf(5) calls the keys of an instance, for those who write from memory. */

const INSTANCE = /^ha\.instances\[\d+\]$/;

const HINTS: Readonly<Record<string, string>> = {
  state: 'remove it: the directors begin as backup, and the highest priority becomes active',
  virtual_router_id: 'it is called vrid here',
  advert_int: 'write advertise: 1s',
  virtual_ipaddress: 'write addresses: [192.0.2.10/24]',
  virtual_ipaddress_excluded: 'put them into addresses, behind the first one',
  unicast_peer: 'write peers: [192.0.2.3]',
  unicast_src_ip: 'it is called source here',
  mcast_src_ip: 'it is called source here',
  nopreempt: 'write preempt: false',
  auth_pass: 'with version: 2, use password_file',
  authentication: 'with version: 2, use password_file',
};

/** What to write instead of keepalived's word at this path; null when it is none. */
export function keepalivedHint(path: string, key: string): string | null {
  return INSTANCE.test(path) && Object.hasOwn(HINTS, key) ? (HINTS[key] ?? null) : null;
}
