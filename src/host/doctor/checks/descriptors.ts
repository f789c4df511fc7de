/** Open files that the userspace plane may have. */
import { finding } from '../finding.js';
import type { DoctorCheck, HostView } from '../types.js';

const name = 'descriptors';
/** Two for each connection: some thousands of connections at least. */
const few = 8192;

export const descriptors: DoctorCheck = {
  name,
  about: 'the limit of open files, for the userspace plane',
  ofServices: true,
  run: (host, model) => {
    if (model?.services.some(({ plane }) => plane === 'proxy') !== true) return [];
    const running = host
      .processes()
      .find(
        ({ words }) => words.includes('run') && words.some((word) => /(^|\/)lvsd$|cli\/main\.js$/.test(word)),
      );
    const limit = limitOf(host, running?.pid ?? 'self');
    if (limit === null || limit >= few) return [];
    const whose = running === undefined ? 'programs started from here' : `lvsd (process ${running.pid})`;
    return [
      finding(name, running === undefined ? 'info' : 'warning', {
        what: `The limit of open files of ${whose} is ${limit}.`,
        why: `Each connection of the userspace plane needs two: about ${Math.floor(limit / 2)} clients can be served at once.`,
        advice: 'The unit of lvsd sets LimitNOFILE=; elsewhere raise it with ulimit -n before the start.',
        cures:
          running === undefined
            ? []
            : [{ on: 'here', commands: [`prlimit --pid ${running.pid} --nofile=65536:65536`] }],
      }),
    ];
  },
};

function limitOf(host: HostView, process: number | 'self'): number | null {
  const [, soft] = /^Max open files\s+(\S+)/m.exec(host.readText(`/proc/${process}/limits`) ?? '') ?? [];
  return soft === undefined || soft === 'unlimited' ? null : Number(soft);
}
