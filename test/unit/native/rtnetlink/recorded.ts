/** Payloads as Linux 6.18 sent them (x86-64), cut into their parts. Addresses, links and routes of a veth pair, index 3. */
import { hex } from '../../../support/scripted-messages.js';

/** `ip addr add 10.8.0.1/24 broadcast 10.8.0.255 scope link label d0:vip valid_lft 50 preferred_lft 50 dev d0`. */
export const labelledIpv4 = hex(`
  02 18 00 fd 03000000            ; AF_INET, /24, no flags, scope link, interface 3
  0800 0100 0a080001              ; IFA_ADDRESS 10.8.0.1
  0800 0200 0a080001              ; IFA_LOCAL 10.8.0.1
  0800 0400 0a0800ff              ; IFA_BROADCAST 10.8.0.255
  0b00 0300 64303a766970 00 00    ; IFA_LABEL "d0:vip", padded
  0800 0800 00000000              ; IFA_FLAGS none
  1400 0600 32000000 32000000 ca860400 ca860400   ; IFA_CACHEINFO 50 s preferred and valid
`);

/** `ip addr add 10.7.0.1 peer 10.7.0.2/32 dev d0`. */
export const peerIpv4 = hex(`
  02 20 80 00 03000000            ; AF_INET, /32, permanent, scope global, interface 3
  0800 0100 0a070002              ; IFA_ADDRESS 10.7.0.2
  0800 0200 0a070001              ; IFA_LOCAL 10.7.0.1
  0700 0300 643000 00             ; IFA_LABEL "d0"
  0800 0800 80000000              ; IFA_FLAGS permanent
  1400 0600 ffffffff ffffffff ca860400 ca860400   ; IFA_CACHEINFO without end
`);

/** `ip addr add fd00::100/128 nodad preferred_lft 0 dev d0`. */
export const deprecatedIpv6 = hex(`
  0a 80 a2 00 03000000            ; AF_INET6, /128, permanent deprecated nodad, scope global, interface 3
  1400 0100 fd000000000000000000000000000100      ; IFA_ADDRESS fd00::100
  1400 0600 00000000 ffffffff ca860400 ca860400   ; IFA_CACHEINFO 0 s preferred, valid without end
  0800 0800 a2000000              ; IFA_FLAGS permanent deprecated nodad
`);

/** `ip addr add fd00::7 peer fd00::8/64 dev d0`, on a link that is not connected. */
export const peerIpv6 = hex(`
  0a 40 c0 00 03000000            ; AF_INET6, /64, permanent tentative, scope global, interface 3
  1400 0200 fd000000000000000000000000000007      ; IFA_LOCAL fd00::7
  1400 0100 fd000000000000000000000000000008      ; IFA_ADDRESS fd00::8
  1400 0600 ffffffff ffffffff ca860400 ca860400   ; IFA_CACHEINFO without end
  0800 0800 c0000000              ; IFA_FLAGS permanent tentative
`);

/** One end of a veth pair that is up while the other is down; what the codec passes over is left out but two. */
export const vethLink = hex(`
  00 00 0100 03000000 03100000 00000000   ; AF_UNSPEC, Ethernet, index 3, UP BROADCAST MULTICAST, no change
  0700 0300 643000 00             ; IFLA_IFNAME "d0"
  0800 0d00 e8030000              ; IFLA_TXQLEN, passed over
  0500 1000 03 000000             ; IFLA_OPERSTATE lower layer down
  0800 0400 dc050000              ; IFLA_MTU 1500
  0500 2100 00 000000             ; IFLA_CARRIER none
  0a00 0100 a6de913a25cd 0000     ; IFLA_ADDRESS a6:de:91:3a:25:cd
  0a00 0200 ffffffffffff 0000     ; IFLA_BROADCAST, passed over
  1000 1200                       ; IFLA_LINKINFO
    0900 0100 7665746800 000000   ;   IFLA_INFO_KIND "veth"
  0800 0500 02000000              ; IFLA_LINK 2, passed over
`);

/** The route to 10.7.0.2 that `peerIpv4` brings. */
export const kernelRoute = hex(`
  02 20 00 00 fe 02 fd 01 10000000   ; AF_INET, /32, table main, by the kernel, scope link, unicast
  0800 0f00 fe000000              ; RTA_TABLE 254
  0800 0100 0a070002              ; RTA_DST 10.7.0.2
  0800 0700 0a070001              ; RTA_PREFSRC 10.7.0.1
  0800 0400 03000000              ; RTA_OIF 3
`);

/** `ip route add 10.60.0.0/16 nexthop via 10.8.0.7 weight 2 nexthop via 10.8.0.8`. */
export const multipathRoute = hex(`
  02 10 00 00 fe 03 00 01 10000000   ; AF_INET, /16, table main, boot, scope global, unicast
  0800 0f00 fe000000              ; RTA_TABLE 254
  0800 0100 0a3c0000              ; RTA_DST 10.60.0.0
  2400 0900                       ; RTA_MULTIPATH
    1000 10 01 03000000           ;   16 bytes, linked down, weight 2, interface 3
      0800 0500 0a080007          ;     RTA_GATEWAY 10.8.0.7
    1000 10 00 03000000           ;   16 bytes, linked down, weight 1, interface 3
      0800 0500 0a080008          ;     RTA_GATEWAY 10.8.0.8
`);

/** `ip route add 10.61.0.0/16 via inet6 fe80::9 dev d0`. */
export const viaIpv6Route = hex(`
  02 10 00 00 fe 03 00 01 00000000   ; AF_INET, /16, table main, boot, scope global, unicast
  0800 0f00 fe000000              ; RTA_TABLE 254
  0800 0100 0a3d0000              ; RTA_DST 10.61.0.0
  1600 1200 0a00 fe800000000000000000000000000009 0000   ; RTA_VIA AF_INET6 fe80::9
  0800 0400 03000000              ; RTA_OIF 3
`);
