/** Durations and results of health checks by server. Own storage, since a registry of 10,000 servers blocks the loop. */
import { formatHeader, formatLabels, formatSample, type Family } from './text-format.js';

/** Upper bounds in seconds: within a rack, within a site, slow, and hopeless. Few, since each is a series a server. */
const BOUNDS_SEC = [0.001, 0.005, 0.02, 0.1, 0.5, 2] as const;

const RESULTS = ['success', 'failure', 'timeout', 'inconclusive'] as const;

/** How one probe ended. */
export type CheckResult = (typeof RESULTS)[number];

const DURATION: Family = {
  name: 'lvsd_check_duration_seconds',
  help: 'Duration of health checks, whatever their result.',
  type: 'histogram',
};

const RESULT: Family = {
  name: 'lvsd_check_results_total',
  help: 'Health checks by result: success, failure, timeout, or inconclusive (it says nothing of the server).',
  type: 'counter',
};

interface Series {
  /** Probes by the first bound that holds them; the last place is for those above all bounds. */
  readonly buckets: number[];
  readonly results: Record<CheckResult, number>;
  totalSec: number;
}

/** Hears of every probe; satisfies what the health runner asks of an observer. */
export class CheckMetrics {
  /** By service and server: to make labels of them for each probe would cost more than to count it. */
  readonly #series = new Map<string, Map<string, Series>>();

  /** Counts one probe. */
  probed(service: string, server: string, result: CheckResult, durationMs: number): void {
    const series = this.#seriesOf(service, server);
    const seconds = durationMs / 1000;
    const place = BOUNDS_SEC.findIndex((bound) => seconds <= bound);
    const bucket = place === -1 ? BOUNDS_SEC.length : place;
    series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
    series.results[result]++;
    series.totalSec += seconds;
  }

  /** Drops the series of a server that is no longer checked under this name. */
  forgotten(service: string, server: string): void {
    const ofService = this.#series.get(service);
    ofService?.delete(server);
    if (ofService?.size === 0) this.#series.delete(service);
  }

  /** Both families in pieces of text; servers may come and go between two pieces. */
  *expose(): Generator<string, void> {
    yield formatHeader(DURATION);
    for (const [labels, series] of this.#all()) yield formatHistogram(labels, series);
    yield formatHeader(RESULT);
    for (const [labels, { results }] of this.#all())
      yield RESULTS.map((result) =>
        formatSample(RESULT.name, `${labels},${formatLabels({ result })}`, results[result]),
      ).join('');
  }

  *#all(): Generator<[labels: string, series: Series], void> {
    for (const [service, ofService] of this.#series)
      for (const [server, series] of ofService) yield [formatLabels({ service, server }), series];
  }

  #seriesOf(service: string, server: string): Series {
    let ofService = this.#series.get(service);
    if (ofService === undefined) this.#series.set(service, (ofService = new Map<string, Series>()));
    let series = ofService.get(server);
    if (series === undefined) {
      const buckets = new Array<number>(BOUNDS_SEC.length + 1).fill(0);
      series = { buckets, results: { success: 0, failure: 0, timeout: 0, inconclusive: 0 }, totalSec: 0 };
      ofService.set(server, series);
    }
    return series;
  }
}

/** In one piece, so that buckets, sum and count agree. */
function formatHistogram(labels: string, { buckets, totalSec }: Series): string {
  const { name } = DURATION;
  let count = 0;
  let text = '';
  for (const [index, inBucket] of buckets.entries()) {
    count += inBucket;
    text += formatSample(`${name}_bucket`, `le="${BOUNDS_SEC[index] ?? '+Inf'}",${labels}`, count);
  }
  return `${text}${formatSample(`${name}_sum`, labels, totalSec)}${formatSample(`${name}_count`, labels, count)}`;
}
