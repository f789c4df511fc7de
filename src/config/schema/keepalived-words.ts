/** What keepalived.conf(5) calls keys of ours, for those who write from memory. */

type Words = Readonly<Record<string, string>>;

const OF_INSTANCES: Words = {
  state: 'remove it: the directors begin as backup, and the highest priority becomes active',
  virtual_router_id: 'it is called vrid here',
  advert_int: 'write advertise: 1s',
  virtual_ipaddress: 'write addresses: [192.0.2.10/24]',
  virtual_ipaddress_excluded: 'put them into addresses, behind the first one',
  unicast_peer: 'write peers: [192.0.2.3]',
  unicast_src_ip: 'it is called source here',
  mcast_src_ip: 'it is called source here',
  nopreempt: 'write preempt: false',
  preempt_delay: 'write preempt: { delay: 30s }',
  auth_pass: 'with version: 2, use password_file',
  authentication: 'with version: 2, use password_file',
  garp_master_delay: 'write announce: { delay: 5s }',
  garp_master_repeat: 'write announce: { repeat: 5 }',
  garp_master_refresh: 'write announce: { refresh: 1m }',
  track_interface: 'write track: { interfaces: [eth1] }',
  track_process: 'write track: { processes: [nginx] }',
  track_script: 'write track: { checks: [{ name: ..., check: { type: exec, command: [...] } }] }',
  track_file: 'write track: { checks: [{ name: ..., check: { type: file, path: ... } }] }',
};

const WORDS: readonly (readonly [at: RegExp, words: Words])[] = [
  [/^ha\.instances\[\d+\]$/, OF_INSTANCES],
  [/^ha\.instances\[\d+\]\.addresses\[\d+\]$/, { dev: 'it is called interface here' }],
  [
    /^ha$/,
    {
      vrrp_sync_group: 'write group: and one name at each of its instances',
      vrrp_startup_delay: 'write start_delay: 10s at the instances',
    },
  ],
];

/** What to write instead of keepalived's word at this path; null when it is none. */
export function keepalivedHint(path: string, key: string): string | null {
  const found = WORDS.find(([at, words]) => at.test(path) && Object.hasOwn(words, key));
  return found?.[1][key] ?? null;
}
