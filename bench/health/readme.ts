/** What README says of bench/health, made of its raw file; a test holds README to it. */
import type { Lateness } from './lateness.js';

/** One director's stretch of checking. */
export interface Run {
  /** Of one core, percent. */
  readonly cpuPercent: number;
  /** All of its processes, at the end. */
  readonly residentKb: number;
  readonly peakKb: number;
  readonly tcp: Lateness;
  readonly http: Lateness;
  /** Of the servers' process: it must not be what limits. */
  readonly targetCpuPercent: number;
  /** By how much that process was late itself; it is in the lateness above. */
  readonly targetLagP99Ms: number;
}

export interface LvsdRun extends Run {
  /** By its own histogram: 99% of its probes began no later than this, seconds. */
  readonly lagP99Sec: number;
}

export interface HealthFigures {
  readonly keepalived: string;
  readonly load: { readonly tcp: number; readonly http: number };
  readonly seconds: number;
  readonly turns: readonly { readonly lvsd: LvsdRun; readonly keepalived: Run }[];
}

export interface HealthSummary {
  readonly lvsd: Summary & { readonly lagP99Sec: number };
  readonly keepalived: Summary;
}

/** Medians of the turns; the neglected servers of all. */
export interface Summary {
  readonly cpuPercent: number;
  readonly residentKb: number;
  readonly tcpP99Ms: number;
  readonly httpP99Ms: number;
  readonly probesPerSec: number;
  readonly neglected: number;
  readonly targetLagP99Ms: number;
}

export interface HealthResult extends HealthFigures {
  readonly environment: { readonly commit: string };
  readonly summary: HealthSummary;
}

/** Markdown, line by line. */
export function healthFigures({
  environment,
  keepalived,
  load,
  seconds,
  turns,
  summary,
}: HealthResult): string[] {
  const count = (number: number): string => number.toLocaleString('en-US');
  const row = (name: string, one: Summary, own: string): string =>
    `| ${name} | ${one.cpuPercent.toFixed(0)} % | ${(one.residentKb / 1024).toFixed(0)} MB | ${count(Math.round(one.probesPerSec))} | ${one.tcpP99Ms.toFixed(0)} ms | ${one.httpP99Ms.toFixed(0)} ms | ${own} |`;
  const peer = keepalived.split(' (')[0]?.replace(' v', ' ') ?? 'keepalived';
  return [
    `${count(load.tcp)} servers with tcp checks and ${count(load.http)} with http checks, every 2 s, on one machine with the servers; ${turns.length} turns of ${seconds} s, medians:`,
    '',
    '| | CPU of a core | memory | probes/s | late p99, tcp | late p99, http | own histogram p99 |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    row('lvsd', summary.lvsd, `<= ${(summary.lvsd.lagP99Sec * 1000).toFixed(0)} ms`),
    row(peer, summary.keepalived, ''),
    '',
    'Late is what the time from one probe of a server to its next is longer than 2 s, as the servers see it, who were late themselves by',
    `${summary.lvsd.targetLagP99Ms.toFixed(0)} ms (p99; beside keepalived ${summary.keepalived.targetLagP99Ms.toFixed(0)} ms). keepalived counts its interval from the end of a probe, lvsd from its start.`,
    'Neither has a kernel table here: what keepalived asks of it is answered by a stub.',
    `Measured by \`bench/health.ts\` (\`npm run bench -- health\`) at commit \`${environment.commit}\`. Raw figures:`,
    '[bench/results/health.json](bench/results/health.json).',
  ];
}
