#!/bin/bash
# Fills a folder with /proc files of a director that has every kind of connection. Root, in a kernel with ip_vs and
# ip_vs_pe_sip; needs iproute2, ipvsadm, iptables-legacy (fwmark) and node.
#
#   record.sh FOLDER
set -eu
out=$1
mkdir -p "$out"
# the program that the kernel itself asks for modules, which knows where those of a guest are
modprobe=$(cat /proc/sys/kernel/modprobe)
"$modprobe" -a veth ip_vs ip_vs_rr ip_vs_pe_sip xt_mark iptable_mangle sit

for ns in client director server; do
  ip netns add $ns
  ip netns exec $ns sh -c 'ip link set lo up; echo 0 >/proc/sys/net/ipv6/conf/all/accept_dad; echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad'
done
ip link add eth0 netns client type veth peer name eth0 netns director
ip link add eth0 netns server type veth peer name eth1 netns director
plug() { # NAMESPACE INTERFACE ADDRESS...
  local ns=$1 interface=$2; shift 2
  ip -n $ns link set $interface up
  for address; do case $address in *:*) ip -n $ns addr add $address dev $interface nodad;; *) ip -n $ns addr add $address dev $interface;; esac; done
}
plug client eth0 10.1.0.11/24 fd00:1::11/64
plug director eth0 10.1.0.1/24 10.1.0.100/32 fd00:1::1/64 fd00:1::100/128
plug director eth1 10.2.0.1/24 fd00:2::1/64
plug server eth0 10.2.0.11/24 fd00:2::11/64
ip -n server route add default via 10.2.0.1
ip -n server -6 route add default via fd00:2::1
ip netns exec director sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'

ip netns exec server node -e '
  require("node:net").createServer((socket) => socket.on("error", () => {})).listen(80, "::");
  const udp = require("node:dgram").createSocket("udp6");
  udp.on("message", (data, from) => udp.send("pong", from.port, from.address));
  udp.bind(53, "::");
' &
server=$!
trap 'kill $server' EXIT
for i in $(seq 100); do ip netns exec server bash -c ': </dev/tcp/127.0.0.1/80' 2>/dev/null && break; sleep 0.1; done

ip netns exec director sh -c '
  iptables-legacy -t mangle -A PREROUTING -d 10.1.0.100 -p tcp --dport 8080 -j MARK --set-mark 7
  ipvsadm -A -t 10.1.0.100:80 -s rr;        ipvsadm -a -t 10.1.0.100:80 -r 10.2.0.11:80 -m
  ipvsadm -A -t 10.1.0.100:81 -s rr;        ipvsadm -a -t 10.1.0.100:81 -r 10.2.0.11:81 -m
  ipvsadm -A -t 10.1.0.100:82 -s rr -p 60;  ipvsadm -a -t 10.1.0.100:82 -r 10.2.0.11:80 -m
  ipvsadm -A -u 10.1.0.100:53 -s rr;        ipvsadm -a -u 10.1.0.100:53 -r 10.2.0.11:53 -m
  ipvsadm -A -f 7 -s rr -p 60;              ipvsadm -a -f 7 -r 10.2.0.11:80 -m
  ipvsadm -A -u 10.1.0.100:5060 -s rr -p 60 --pe sip; ipvsadm -a -u 10.1.0.100:5060 -r 10.2.0.11:5060 -m
  ipvsadm -A -t [fd00:1::100]:80 -s rr;     ipvsadm -a -t [fd00:1::100]:80 -r [fd00:2::11]:80 -m
  ipvsadm -A -u [fd00:1::100]:53 -s rr -p 60; ipvsadm -a -u [fd00:1::100]:53 -r [fd00:2::11]:53 -m
  ipvsadm -A -t [fd00:1::100]:83 -s rr;     ipvsadm -a -t [fd00:1::100]:83 -r 10.2.0.11:83 -i
'
ip netns exec client bash -c '
  exec 3<>/dev/tcp/10.1.0.100/80
  exec 4<>/dev/tcp/10.1.0.100/82
  exec 5<>/dev/tcp/10.1.0.100/8080
  exec 6<>/dev/tcp/fd00:1::100/80
  (exec 9<>/dev/tcp/10.1.0.100/80)
  (exec 9<>/dev/tcp/10.1.0.100/81) 2>/dev/null
  (exec 9<>/dev/tcp/fd00:1::100/83) 2>/dev/null & mixed=$!
  exec 7<>/dev/udp/10.1.0.100/53; echo ping >&7
  exec 8<>/dev/udp/fd00:1::100/53; echo ping >&8
  exec 10<>/dev/udp/10.1.0.100/5060
  printf "INVITE sip:bob@example.net SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.0.11;branch=z9hG4bK1\r\nFrom: <sip:alice@example.net>;tag=1\r\nTo: <sip:bob@example.net>\r\nCall-ID: 3848276298220188511@10.1.0.11\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n" | cat >&10
  sleep 0.2
  # again until no second has gone by between the first file and the last
  ip netns exec director sh -c "
    until cmp -s $0/ip_vs_conn /run/ip_vs_conn.after; do
      cat /proc/net/ip_vs_conn >$0/ip_vs_conn
      cat /proc/net/ip_vs_conn_sync >$0/ip_vs_conn_sync
      ipvsadm -Lnc --persistent-conn >$0/ipvsadm-Lnc
      cat /proc/net/ip_vs_conn >/run/ip_vs_conn.after
    done"
  kill $mixed
  # a mixed-family destination and a sync daemon exclude each other
  ip netns exec director ipvsadm -D -t [fd00:1::100]:83
  ip netns exec server ipvsadm --start-daemon backup --mcast-interface eth0 --syncid 1
  ip netns exec director sh -c "ipvsadm --start-daemon master --mcast-interface eth1 --syncid 1; echo 1 50 >/proc/sys/net/ipv4/vs/sync_threshold"
  exec 11<>/dev/tcp/10.1.0.100/82 12<>/dev/tcp/fd00:1::100/80
  echo hello >&11; echo hello >&12
  for i in $(seq 50); do sleep 0.1; [ $(ip netns exec server grep -c SYNC /proc/net/ip_vs_conn_sync) -ge 1 ] && break; done
  ip netns exec server sh -c "cat /proc/net/ip_vs_conn_sync >$0/ip_vs_conn_sync.backup"
' "$out"
grep -H . /proc/sys/net/ipv4/vs/* >"$out/sysctls"
cat /proc/modules >"$out/modules"
