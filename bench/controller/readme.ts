/** What README says of bench/controller, made of its raw file; a test holds README to it. */

export interface ControllerResult {
  readonly environment: { readonly commit: string };
  readonly kernel: string;
  readonly keepalived: string;
  readonly summary: {
    readonly program: number;
    readonly byFile: number;
    readonly byFileFirst: number;
    readonly byFileWhole: number;
    readonly byCommand: number;
    readonly unchanged: number;
    readonly messages: Readonly<Record<'byFile' | 'byCommand' | 'unchanged', { readonly changing: number }>>;
    readonly coldStarts: Readonly<
      Record<
        string,
        {
          readonly timesFaster: number;
          readonly keepalivedMs: number;
          readonly wholeMs: number;
          readonly split: Readonly<Record<string, number>>;
        }
      >
    >;
  };
  readonly resources: {
    readonly resident: Readonly<
      Record<'keepalived' | 'lvsd', { readonly peakKb: number; readonly nowKb: number }>
    >;
    readonly idle: Readonly<Record<'keepalived' | 'lvsd', number>>;
  };
}

/** Markdown, line by line. */
export function controllerFigures({
  environment,
  kernel,
  keepalived,
  summary,
  resources,
}: ControllerResult): string[] {
  const { messages, coldStarts } = summary;
  const times = (ratio: number): string =>
    ratio >= 1 ? `${ratio.toFixed(1)} times faster` : `${ratio.toFixed(2)} (slower)`;
  const count = ({ changing }: { readonly changing: number }): string =>
    `${changing} message${changing === 1 ? '' : 's'}`;
  const starts = Object.entries(coldStarts).map(([services, { timesFaster, wholeMs, split }]) => {
    const parts = Object.entries(split).map(([name, ms]) => `${name} ${((100 * ms) / wholeMs).toFixed(0)} %`);
    return `| whole cold start, ${Number(services).toLocaleString('en-US')} x 10 | ${times(timesFaster)} | ${parts.join(', ')} |`;
  });
  const starting = coldStarts['1000'];
  const inStart =
    starting === undefined
      ? ''
      : `; in a process that has just started: ${times(starting.keepalivedMs / ((starting.split['plan'] ?? 0) + (starting.split['netlink'] ?? 0)))}`;
  const mb = (kb: number): string => (kb / 1024).toFixed(0);
  const { lvsd, keepalived: peer } = resources.resident;
  return [
    `The director beside ${keepalived.split(' (')[0]?.replace(' v', ' ') ?? 'keepalived'} without checkers, with the same services, in one boot of Linux ${kernel} (user-mode-linux: ratios):`,
    '',
    '| work, 1,000 services x 10 servers | against keepalived | |',
    '| --- | ---: | --- |',
    `| parsed configuration to complete table, against its start | ${times(summary.program)} | the third of five in a row in a running process${inStart} |`,
    `| one weight by file, from the parsed file, against its SIGHUP | ${times(summary.byFile)} | ${count(messages.byFile)} to the kernel; first of a process: ${times(summary.byFileFirst)} |`,
    `| one weight by file, from SIGHUP | ${times(summary.byFileWhole)} | |`,
    `| the same file again, from SIGHUP | ${times(summary.unchanged)} | not parsed; ${count(messages.unchanged)} |`,
    `| one weight by \`lvsd weight\`, in the director | ${times(summary.byCommand)} | ${count(messages.byCommand)} |`,
    ...starts,
    '',
    `With 1,000 x 10, lvsd takes ${mb(lvsd.nowKb)} MB (${mb(lvsd.peakKb)} MB at most), keepalived ${mb(peer.nowKb)} MB; an idle minute costs ${resources.idle.lvsd.toFixed(0)} ms of CPU against ${resources.idle.keepalived.toFixed(0)} ms.`,
    `Measured by \`bench/controller.ts\` (\`npm run bench -- controller\`) at commit \`${environment.commit}\`. Raw figures:`,
    '[bench/results/controller.json](bench/results/controller.json).',
  ];
}
