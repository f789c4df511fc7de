/** Availability by service and server, as whoever counts it says at each scrape. */
import { formatHeader, formatLabels, formatSample, type Family } from './text-format.js';

/** Of a service, or of one of its servers, over all that is recorded. */
export interface AvailabilitySample {
  readonly service: string;
  /** null: the service itself. */
  readonly server: string | null;
  /** up / (up + down); null while neither is known. */
  readonly ratio: number | null;
  readonly failures: number;
}

interface AvailabilityFamily extends Family {
  readonly ofServers: boolean;
  readonly read: (sample: AvailabilitySample) => number | null;
}

const RECORDED = 'over what state_dir has recorded';

const FAMILIES: readonly AvailabilityFamily[] = [
  ratio('lvsd_service_availability_ratio', 'service', false),
  failures('lvsd_service_failures_total', 'service', false),
  ratio('lvsd_server_availability_ratio', 'server', true),
  failures('lvsd_server_failures_total', 'server', true),
];

function ratio(name: string, subject: string, ofServers: boolean): AvailabilityFamily {
  const help = `Time in which the ${subject} was up, of the time in which it was up or down, ${RECORDED}; absent while neither is known.`;
  return { name, help, type: 'gauge', ofServers, read: (sample) => sample.ratio };
}

function failures(name: string, subject: string, ofServers: boolean): AvailabilityFamily {
  const help = `How often the ${subject} went down after having been up, ${RECORDED}.`;
  return { name, help, type: 'counter', ofServers, read: (sample) => sample.failures };
}

export class AvailabilityMetrics {
  #samples: () => Iterable<AvailabilitySample> = () => [];

  /** Where the samples are read from, at each scrape: of what is served only. */
  watch(samples: () => Iterable<AvailabilitySample>): void {
    this.#samples = samples;
  }

  /** All families, a header or a sample a piece; pieces may be empty. */
  *expose(): Generator<string, void> {
    const rows: { readonly sample: AvailabilitySample; readonly labels: string }[] = [];
    for (const sample of this.#samples()) {
      rows.push({ sample, labels: labelsOf(sample) });
      // Of ten thousand servers that takes a while.
      yield '';
    }
    for (const family of FAMILIES) {
      yield formatHeader(family);
      for (const { sample, labels } of rows) {
        const value = (sample.server !== null) === family.ofServers ? family.read(sample) : null;
        if (value !== null) yield formatSample(family.name, labels, value);
      }
    }
  }
}

function labelsOf({ service, server }: AvailabilitySample): string {
  return formatLabels(server === null ? { service } : { service, server });
}
