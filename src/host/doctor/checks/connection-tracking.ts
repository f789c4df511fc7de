/** The kernel's connection tracking beside IPVS: room, and times that do not fit. */
import type { Model } from '../../../model/director.js';
import { kernelServices } from '../../network.js';
import { cureOf, sysctlName } from '../../sysctls.js';
import { finding, here } from '../finding.js';
import type { DoctorCheck, Finding, HostView } from '../types.js';

const name = 'conntrack';
const FOLDER = 'net/netfilter';
const full = 0.95;
const nearlyFull = 0.8;

export const connectionTracking: DoctorCheck = {
  name,
  about: 'room in the table of tracked connections, and its times against those of IPVS',
  ofServices: false,
  run: (host, model) => [...room(host), ...(model === null ? [] : times(host, model))],
};

function numberAt(host: HostView, path: string): number | null {
  const text = host.sysctls.read(path);
  return text === null || text === '' ? null : Number(text);
}

function room(host: HostView): Finding[] {
  const most = numberAt(host, `${FOLDER}/nf_conntrack_max`);
  const count = numberAt(host, `${FOLDER}/nf_conntrack_count`);
  if (most === null || count === null || most === 0 || count < nearlyFull * most) return [];
  return [
    finding(name, count >= full * most ? 'fault' : 'warning', {
      what: `${count} of at most ${most} connections are tracked.`,
      why: 'When the table is full the kernel drops packets of new connections, to services and to everything else.',
      cures: here(cureOf(`${FOLDER}/nf_conntrack_max`, String(4 * most))),
    }),
  ];
}

/** Only with vs/conntrack do entries of both stand for the same connection. */
function times(host: HostView, model: Model): Finding[] {
  const table = host.table();
  if (numberAt(host, 'net/ipv4/vs/conntrack') !== 1 || table === null) return [];
  const { timeouts } = model.director;
  const protocols = new Set(kernelServices(model).map(({ address }) => address.protocol));
  const pairs = [
    {
      protocol: 'tcp',
      setting: 'nf_conntrack_tcp_timeout_established',
      own: timeouts.tcpSec ?? table.timeouts.tcpSec,
    },
    {
      protocol: 'udp',
      setting: 'nf_conntrack_udp_timeout_stream',
      own: timeouts.udpSec ?? table.timeouts.udpSec,
    },
  ] as const;
  return pairs.flatMap(({ protocol, setting, own }) => {
    const path = `${FOLDER}/${setting}`;
    const tracked = numberAt(host, path);
    if (!protocols.has(protocol) || tracked === null || tracked >= own) return [];
    return [
      finding(name, 'warning', {
        subject: setting,
        what: `${sysctlName(path)} is ${tracked} s, less than the ${own} s that IPVS keeps idle ${protocol.toUpperCase()} flows.`,
        why: 'An idle flow is forgotten by one before the other: what the server sends then is not translated, or is dropped.',
        cures: here(cureOf(path, String(own))),
      }),
    ];
  });
}
