/**
 * A real server without lvsd: a plain POSIX shell script that does what setup does, and takes back what it did. Pure.
 *
 * It needs ip(8) and, for tunnels, modprobe(8); nothing of bash, and no sysctl(8).
 */
import { single } from './describe.js';
import { formatOptions, type Address, type AddressFamily, type RealServerRequest } from './request.js';
import { portFamilies, tunnelDevices } from './tunnel.js';

/** Gives the script. Every word of the request is one that a shell takes as it is. */
export function realServerScript(request: RealServerRequest): string {
  return [
    '#!/bin/sh',
    `# Real server of an LVS director: ${formatOptions(request).join(' ')}`,
    '# Printed by lvsd realserver setup --print-script. Run it as root: sh FILE start | stop',
    'set -u',
    '# What start has changed, with the old values: stop takes back exactly that. A boot takes it back too, so /run it is.',
    'STATE=${STATE:-/run/lvsd-realserver.state}',
    '',
    HELPERS,
    'start() {',
    ...commandsOf(request).map((line) => `  ${line}`),
    '}',
    '',
    STOP,
    'case ${1:-} in',
    'start) start ;;',
    'stop) stop ;;',
    '*)',
    '  echo "usage: sh $0 start|stop" >&2',
    '  exit 2',
    '  ;;',
    'esac',
    '',
  ].join('\n');
}

function commandsOf(request: RealServerRequest): string[] {
  switch (request.forwarding) {
    case 'dr':
      return [
        ...request.vips.map(notLoud),
        ...deviceOf(request.device, request.vips),
        ...silence(request.vips),
        ...(request.interface === null || !hasIpv4(request.vips)
          ? []
          : [
              '# packets of clients come in there, whichever way the answers leave',
              `loose_filter ${request.interface}`,
            ]),
        ...request.vips.map((vip) => address(vip, request.device)),
      ];
    case 'tun':
      return tunnelCommands(request);
    case 'nat':
      return request.gateways.map((gateway) => route(gateway, request.interface));
  }
}

function tunnelCommands(request: Extract<RealServerRequest, { forwarding: 'tun' }>): string[] {
  const { vips, device, tunnel } = request;
  const devices = tunnelDevices(request);
  return [
    ...vips.map(notLoud),
    ...devices.map(({ link, module }) => `module ${module} ${link}`),
    ...(device === null ? [] : deviceOf(device, vips)),
    ...silence(vips),
    ...devices.flatMap((entry) => [
      ...(device === null && !entry.vips.every(isIpv4) ? [ipv6On(entry.link)] : []),
      ...(hasIpv4(entry.vips) ? filter(entry.link, device === null || device === entry.link) : []),
      `up ${entry.link}`,
    ]),
    ...(tunnel.port === null
      ? []
      : portFamilies(request).map(
          (family) => `receive_gue ${family === 'ipv4' ? -4 : -6} ${tunnel.port ?? 0}`,
        )),
    ...devices.flatMap((entry) => entry.vips.map((vip) => address(vip, device ?? entry.link))),
  ];
}

/** With the VIP on it the device may filter loosely, else neither it nor all may filter. */
function filter(link: string, hasVip: boolean): string[] {
  const why = "# packets out of the tunnel have the client's address, to which the way back is another one";
  if (hasVip) return [why, `tunnel_filter ${link}`];
  return [why, ...[link, 'all'].map((name) => `setting net/ipv4/conf/${name}/rp_filter 0 0`)];
}

function isIpv4({ family }: Address): boolean {
  return family === 'ipv4';
}

function hasIpv4(vips: readonly Address[]): boolean {
  return vips.some(isIpv4);
}

function notLoud(vip: Address): string {
  return `not_loud ${single(vip)}`;
}

function deviceOf(name: string, vips: readonly Address[]): string[] {
  const make = name === 'lo' ? [] : [`dummy ${name}`];
  return [...make, `up ${name}`, ...(vips.every(isIpv4) ? [] : [ipv6On(name)])];
}

function ipv6On(link: string): string {
  return `setting net/ipv6/conf/${link}/disable_ipv6 0 0`;
}

function silence(vips: readonly Address[]): string[] {
  if (!hasIpv4(vips)) return [];
  return [
    '# ARP for the VIP is answered by the director alone, and the VIP never asks',
    'setting net/ipv4/conf/all/arp_ignore 1 1 2',
    'setting net/ipv4/conf/all/arp_announce 2 2',
  ];
}

function address(vip: Address, device: string): string {
  const words = isIpv4(vip) ? 'scope host' : 'nodad preferred_lft 0';
  return `address ${single(vip)} ${device} ${words}`;
}

const numbers: Readonly<Record<AddressFamily, string>> = { ipv4: '4', ipv6: '6' };

function route({ family, text }: Address, link: string | null): string {
  return `route${numbers[family]} ${text}${link === null ? '' : ` ${link}`}`;
}

const HELPERS = `fail() {
  echo "$0: $*" >&2
  exit 1
}

# Noted before it is done: after a crash stop finds all of it.
note() { echo "$*" >>"$STATE" || fail "cannot write $STATE: run it as root"; }

# setting PATH VALUE GOOD...: sets what is none of the good values
setting() {
  path=$1 value=$2
  shift 2
  [ -e "/proc/sys/$path" ] || fail "there is no setting $path"
  old=$(cat "/proc/sys/$path")
  for good; do [ "$old" != "$good" ] || return 0; done
  note "setting $path $value $old"
  echo "$value" >"/proc/sys/$path" || fail "cannot set $path: run it as root"
  echo "$path: $old -> $value"
}

# The larger of the setting for all interfaces and of that for DEVICE counts.
is_strict() {
  all=$(cat /proc/sys/net/ipv4/conf/all/rp_filter) own=$(cat "/proc/sys/net/ipv4/conf/$1/rp_filter")
  [ "$all" -le 1 ] && [ "$own" -le 1 ] && [ "$((all + own))" -gt 0 ]
}

tunnel_filter() { is_strict "$1" && setting "net/ipv4/conf/$1/rp_filter" 2 2 || :; }

loose_filter() {
  exists "$1" || fail "there is no interface $1"
  if ip -o -4 route show default | grep -q " dev $1 "; then return 0; fi
  tunnel_filter "$1"
}

exists() { ip link show dev "$1" >/dev/null 2>&1; }

# The kernel makes DEVICE with MODULE.
module() {
  exists "$2" && return 0
  load=$(cat /proc/sys/kernel/modprobe 2>/dev/null)
  [ -x "$load" ] || load=modprobe
  note "module $1"
  "$load" "$1" || fail "cannot load module $1"
  exists "$2" || fail "module $1 made no device $2 here"
  echo "module $1: loaded"
}

dummy() {
  exists "$1" && return 0
  note "dummy $1"
  ip link add "$1" type dummy || fail "cannot make the dummy interface $1"
  echo "$1: made"
}

up() {
  case $(ip -o link show dev "$1") in *[\\<,]UP[,\\>]*) return 0 ;; esac
  bare=
  ip -o address show dev "$1" | grep -q ' inet' || bare=bare
  note "up $1 $bare"
  ip link set "$1" up || fail "cannot set $1 up"
  echo "$1: down -> up"
}

# A VIP on an interface that answers ARP takes it from the director.
not_loud() {
  ip -o address show to "$1" | while read -r _ device _ found _; do
    case $(ip -o link show dev "$device") in
    *NOARP* | *LOOPBACK*) ;;
    *)
      echo "$0: $found is on $device, so this host takes it from the director: ip address delete $found dev $device" >&2
      exit 1
      ;;
    esac
  done || exit 1
}

has_address() { ip -o address show dev "$2" 2>/dev/null | grep -qF " $1 "; }

# address ADDRESS/LENGTH DEVICE WORD...
address() {
  has_address "$1" "$2" && return 0
  note "address $1 $2"
  where=$2 what=$1
  shift 2
  ip address add "$what" dev "$where" "$@" || fail "cannot add $what to $where"
  echo "$what: added to $where"
}

has_gue() {
  if [ "$1" = -6 ]; then ip fou show | grep -q "^port $2 gue *-6"; else
    ip fou show | grep "^port $2 gue" | grep -qv -e -6
  fi
}

receive_gue() {
  has_gue "$1" "$2" 2>/dev/null && return 0
  note "gue $1 $2"
  ip "$1" fou add port "$2" gue || fail "cannot receive GUE at UDP port $2"
  echo "UDP port $2 ($1): open for GUE"
}

# Answers must go back through the director. A redirect would send them past it.
no_redirects() {
  near=$(ip -o "-$1" route get "$2" 2>/dev/null | sed -n 's/.* dev \\([^ ]*\\) .*/\\1/p')
  [ "$1" = 6 ] || setting net/ipv4/conf/all/accept_redirects 0 0
  [ -z "$near" ] || setting "net/ipv$1/conf/$near/accept_redirects" 0 0
}

# route4 GATEWAY [DEVICE]: with metric 0, the best there is; others of that metric go
route4() {
  no_redirects 4 "$1"
  ours="default via $1\${2:+ dev $2}"
  if ! ip -4 route show default metric 0 | grep -q "^$ours "; then
    note "added -4 $ours proto static"
    ip -4 route prepend $ours proto static || fail "cannot add the route $ours"
    echo "$ours: added"
  fi
  ip -o -4 route show default metric 0 | sed 's/\\\\//g; s/ linkdown//g; s/ dead//g' | grep -v "^$ours " | sed -n '1!G;h;$p' |
    while read -r line; do
      note "removed -4 $line"
      ip -4 route delete $line || fail "cannot remove the route $line"
      echo "$line: removed"
    done || exit 1
}

# route6 GATEWAY [DEVICE]: with a metric below the lowest
route6() {
  no_redirects 6 "$1"
  ours="default via $1\${2:+ dev $2}"
  metric=$(ip -o -6 route show default | sed -n 's/.* metric \\([0-9]*\\).*/\\1/p' | sort -n | head -n 1)
  if [ -n "$metric" ]; then
    best=$(ip -o -6 route show default | grep -v nexthop | grep " metric $metric ")
    case $best in "$ours "*) [ "$(echo "$best" | wc -l)" -gt 1 ] || return 0 ;; esac
  fi
  if [ -z "$metric" ] || [ "$metric" -gt 1024 ]; then metric=1025; fi
  metric=$((metric - 1))
  [ "$metric" -gt 0 ] || fail "a default route has metric 1 already: give it a larger one"
  note "added -6 $ours proto static metric $metric"
  ip -6 route add $ours proto static metric "$metric" || fail "cannot add the route $ours"
  echo "$ours metric $metric: added"
}
`;

const STOP = `# Whether others have put addresses on a device; the kernel's own do not count.
in_use() {
  ip -o address show dev "$1" | grep -v -e ' 127\\.' -e ' inet6 ::' -e ' inet6 fe80:' | grep -q ' inet'
}

take_back() {
  case $1 in
  setting)
    now=$(cat "/proc/sys/$2" 2>/dev/null) || return 0
    if [ "$now" = "$3" ]; then
      echo "$4" >"/proc/sys/$2" && echo "$2: $3 -> $4"
    elif [ "$now" != "$4" ]; then
      echo "$2: left at $now, which somebody else has set"
    fi
    ;;
  up)
    exists "$2" || return 0
    if in_use "$2"; then echo "$2: left up, it has other addresses"; else
      ip link set "$2" down && echo "$2: up -> down"
      # going up, the loopback got one from the kernel
      [ -z "\${3:-}" ] || ip address flush dev "$2"
    fi
    ;;
  dummy)
    exists "$2" || return 0
    if in_use "$2"; then echo "$2: left, it has other addresses"; else
      ip link delete "$2" type dummy && echo "$2: deleted"
    fi
    ;;
  address) if has_address "$2" "$3"; then ip address delete "$2" dev "$3" && echo "$2: deleted from $3"; fi ;;
  gue) if has_gue "$2" "$3"; then ip "$2" fou del port "$3" gue && echo "UDP port $3 ($2): closed"; fi ;;
  added)
    family=$2
    shift 2
    ip "$family" route delete "$@" 2>/dev/null && echo "$*: removed"
    ;;
  removed)
    family=$2
    shift 2
    ip "$family" route append "$@" && echo "$*: back"
    ;;
  module) echo "module $2: stays loaded; if nothing else uses it: modprobe -r $2" ;;
  esac
}

stop() {
  [ -e "$STATE" ] || {
    echo 'nothing to take back'
    return 0
  }
  # the last first
  sed -n '1!G;h;$p' "$STATE" | while read -r line; do take_back $line; done
  rm -f "$STATE"
}
`;
