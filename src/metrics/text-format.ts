/** Prometheus text exposition format 0.0.4, as far as the streamed families need it. */

/** A family's name, help and type, as scrapers and people see it. */
export interface Family {
  /** `lvsd_<subject>_<what>_<unit>[_total]`; `_total` exactly for counters. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
}

/** The two lines before a family's samples. */
export function formatHeader({ name, help, type }: Family): string {
  const oneLine = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `# HELP ${name} ${oneLine}\n# TYPE ${name} ${type}\n`;
}

/** `service="shop",server="a"`, without braces; values are escaped, names must be valid. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabelValue(value)}"`)
    .join(',');
}

/** One sample. `labels` is from `formatLabels`, or empty. */
export function formatSample(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${value}\n` : `${name}{${labels}} ${value}\n`;
}

function escapeLabelValue(value: string): string {
  // Nearly all values need nothing; the test is cheaper than three replacements.
  if (!/[\\"\n]/.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
