/**
 * The names that the guest knows, put in the place of /etc/hosts, /etc/services and so on: so the answers are the same on
 * every machine, and no name server is asked.
 */
export const nameFiles: Readonly<Record<string, string>> = {
  '/etc/hosts': `127.0.0.1 localhost
::1 localhost ip6-localhost
10.0.0.1 www.example.net www
10.0.0.2 a-very-long-name-of-a-virtual-service.example.net
10.0.0.3 exactly-thirty-three.example.net
10.0.0.11 web1.example.net web1
10.0.0.12 web2
10.0.0.13 a-very-long-name-of-a-real-server.example.net
10.0.0.14 ns1.example.net
10.0.0.15 twenty-eight-characters-or-so
2001:db8::1 www6.example.net
2001:db8::11 a-very-long-name-of-a-real-server-of-the-newer-family.example.net
10.0.0.31 both.example.net
10.0.0.32 both.example.net
2001:db8::31 both.example.net
2001:db8::32 only6.example.net
`,
  '/etc/services': `domain 53/tcp
domain 53/udp
http 80/tcp www
http 80/sctp
https 443/tcp
https 443/udp
http-alt 8080/tcp webcache
sip 5060/tcp
sip 5060/udp
amanda 10080/tcp
s1-control 36412/sctp
only-udp 4242/udp
`,
  '/etc/nsswitch.conf': `hosts: files
services: files
protocols: files
networks: files
`,
  '/etc/resolv.conf': '',
  '/etc/host.conf': 'multi on\n',
};
