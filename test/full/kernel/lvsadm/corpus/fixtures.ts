/** Tables to begin with, in the language of `-R`; the stock tool builds them. */
import { crowd } from './crowd.js';

const web = `
-A -t 10.0.0.1:80 -s wlc
-a -t 10.0.0.1:80 -r 10.0.0.11:80 -g -w 1
-a -t 10.0.0.1:80 -r 10.0.0.12:8080 -m -w 2
`;

/** What `web` has, and one service of every other kind that commands may name. */
const kinds = `${web}
-A -u 10.0.0.1:53 -s rr
-a -u 10.0.0.1:53 -r 10.0.0.13:53 -m
-A --sctp-service 10.0.0.1:132 -s rr
-A -f 7 -s rr
-a -f 7 -r 10.0.0.14:80 -m -w 3
-A -f 8 -6 -s rr
-a -f 8 -6 -r [2001:db8::14]:80 -m
-A -t [2001:db8::1]:80 -s wrr
-a -t [2001:db8::1]:80 -r [2001:db8::11]:80 -m -w 5
`;

/** Every column of every listing has something to show. */
const rich = `
-A -t 192.0.2.10:443 -s sh -p 360 -b sh-fallback,sh-port
-a -t 192.0.2.10:443 -r 10.0.0.11:443 -g -w 5
-a -t 192.0.2.10:443 -r 10.0.0.12:443 -g -w 0 -x 1000 -y 500
-A -t 192.0.2.10:80 -s mh -p 60 -M 255.255.255.0 -b mh-port
-a -t 192.0.2.10:80 -r 10.0.0.13:8080 -m -w 65535 -x 100
-A -t 192.0.2.11:0 -s wrr -p 3600 -M 255.255.0.0
-a -t 192.0.2.11:0 -r 10.0.0.14:0 -i -w 3
-a -t 192.0.2.11:0 -r 10.0.0.15:0 -i -w 4 --tun-type gue --tun-port 6080 --tun-csum
-a -t 192.0.2.11:0 -r 10.0.0.16:0 -i -w 5 --tun-type gue --tun-port 6080 --tun-remcsum
-a -t 192.0.2.11:0 -r 10.0.0.17:0 -i -w 6 --tun-type gue --tun-port 65535
-a -t 192.0.2.11:0 -r 10.0.0.18:0 -i -w 7 --tun-type gre
-a -t 192.0.2.11:0 -r 10.0.0.19:0 -i -w 8 --tun-type gre --tun-csum
-a -t 192.0.2.11:0 -r 2001:db8::19 -i -w 9
-A -u 192.0.2.10:53 -s rr -o
-a -u 192.0.2.10:53 -r 10.0.0.21:53 -m
-A -u 192.0.2.10:5060 -s wrr -p 600 --pe sip
-a -u 192.0.2.10:5060 -r 10.0.0.22:5060 -m
-A --sctp-service 192.0.2.10:3868 -s lc
-a --sctp-service 192.0.2.10:3868 -r 10.0.0.23:3868 -m
-A -t [2001:db8::80]:80 -s nq
-a -t [2001:db8::80]:80 -r [2001:db8::a0a0]:8080 -m -w 2
-a -t [2001:db8::80]:80 -r 10.0.0.24:80 -i -w 2
-A -t [2001:db8::80]:443 -s sed -p 100 -M 64
-a -t [2001:db8::80]:443 -r [2001:db8:1111:2222:3333:4444:5555:6666]:443 -g
-A -t 127.0.0.1:8080 -s lblc
-a -t 127.0.0.1:8080 -r 127.0.0.1:8081 -m
-A -f 7 -s dh -p 300
-a -f 7 -r 10.0.0.25:8080 -m -w 2
-a -f 7 -r 10.0.0.26:8080 -g
-A -f 8 -6 -s wrr
-a -f 8 -6 -r [2001:db8::26]:8080 -m -w 1000000
-A -f 4294967295 -s lblcr
-A -f 9 -s fo -o
`;

/** Addresses, protocols, marks and families whose order is the point: signed compare, equal address and other port. */
const sorted = `
-A -t 172.16.0.1:80 -s rr
-A -t 10.0.0.1:80 -s rr
-A -t 192.168.0.1:80 -s rr
-A -t 127.0.0.1:80 -s rr
-A -t 128.0.0.1:80 -s rr
-A -t 9.0.0.1:80 -s rr
-A -t 1.0.0.1:80 -s rr
-A -t 223.255.255.254:80 -s rr
-A -t 10.0.0.1:443 -s rr
-A -t 10.0.0.1:8080 -s rr
-A -t 10.0.0.1:65535 -s rr
-A -t 10.0.0.1:0 -s rr -p
-A -t 10.0.1.0:80 -s rr
-A -t 10.1.0.0:80 -s rr
-A -u 10.0.0.1:53 -s rr
-A -u 172.16.0.1:53 -s rr
-A -u 9.0.0.1:53 -s rr
-A --sctp-service 10.0.0.1:36412 -s rr
-A --sctp-service 192.168.0.1:36412 -s rr
-A -t [2001:db8::2]:80 -s rr
-A -t [2001:db8::1]:80 -s rr
-A -t [2001:db8::1]:443 -s rr
-A -t [fd00::1]:80 -s rr
-A -t [::1]:80 -s rr
-A -t [::2]:80 -s rr
-A -t [8000::1]:80 -s rr
-A -t [7fff::1]:80 -s rr
-A -u [2001:db8::1]:53 -s rr
-A --sctp-service [2001:db8::1]:36412 -s rr
-A -f 1 -s rr
-A -f 10 -s rr
-A -f 2 -s rr
-A -f 2147483647 -s rr
-A -f 2147483648 -s rr
-A -f 4294967295 -s rr
-A -f 3 -6 -s rr
-A -f 2 -6 -s rr
-A -f 4294967295 -6 -s rr
-a -t 10.0.0.1:80 -r 172.16.0.1:80 -m
-a -t 10.0.0.1:80 -r 10.0.0.9:80 -m
-a -t 10.0.0.1:80 -r 192.168.9.9:80 -m
-a -t 10.0.0.1:80 -r 9.9.9.9:80 -m
-a -t 10.0.0.1:80 -r 127.0.0.1:80 -m
-a -t 10.0.0.1:80 -r 10.0.0.9:8080 -m
-a -t 10.0.0.1:80 -r 10.0.0.9:443 -m
-a -t 10.0.0.1:80 -r 10.0.0.10:80 -m
-a -t 10.0.0.1:443 -r 10.0.0.5 -i
-a -t 10.0.0.1:443 -r 2001:db8::5 -i
-a -t 10.0.0.1:443 -r 2001:db8::4 -i
-a -t 10.0.0.1:443 -r 10.0.0.4 -i
-a -t 10.0.0.1:443 -r 192.0.2.4 -i
-a -t [2001:db8::1]:80 -r [fd00::9]:80 -m
-a -t [2001:db8::1]:80 -r [2001:db8::9]:80 -m
-a -t [2001:db8::1]:80 -r [2001:db8::a]:80 -m
-a -t [2001:db8::1]:80 -r [::1]:80 -m
-a -t [2001:db8::1]:80 -r [2001:db8::9]:70 -m
`;

/** Addresses and ports that the names of `names.ts` belong to, and some that have none. */
const named = `
-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.0.0.11:80 -m
-a -t 10.0.0.1:80 -r 10.0.0.12:8080 -m
-a -t 10.0.0.1:80 -r 10.0.0.13:443 -m
-a -t 10.0.0.1:80 -r 10.0.0.99:80 -m
-A -u 10.0.0.1:53 -s rr
-a -u 10.0.0.1:53 -r 10.0.0.14:53 -m
-A -u 10.0.0.1:8080 -s rr
-A -t 10.0.0.2:443 -s rr
-a -t 10.0.0.2:443 -r 10.0.0.15:443 -m
-A -t 10.0.0.3:10080 -s rr
-A -t 127.0.0.1:80 -s rr
-A -t 10.0.0.99:4242 -s rr
-A --sctp-service 10.0.0.1:36412 -s rr
-A --sctp-service 10.0.0.1:80 -s rr
-A -t 10.0.0.1:0 -s rr -p
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r [2001:db8::11]:443 -m
-a -t [2001:db8::1]:80 -r [2001:db8::99]:8080 -m
-A -t [::1]:80 -s rr
-A -f 7 -s rr
-a -f 7 -r 10.0.0.11:80 -m
`;

/** A service without servers. */
const lonely = '-A -t 10.0.0.1:80 -s wlc\n';

export const fixtures = { empty: '', lonely, crowd, web, kinds, rich, sorted, named } as const;

export type FixtureName = keyof typeof fixtures;
