/** Other programs that write into the same table. */
import { finding, here } from '../finding.js';
import type { DoctorCheck, Finding, HostProcess, HostView, Level } from '../types.js';

const name = 'controllers';

export const controllers: DoctorCheck = {
  name,
  about: 'other programs that control the same table',
  ofServices: false,
  run: (host) => {
    const seen = new Set<string>();
    return host.processes().flatMap((process) => {
      const program = programOf(process);
      // a controller has several processes
      if (program === null || seen.has(program)) return [];
      seen.add(program);
      return judge(host, program, process);
    });
  },
};

const programs = ['keepalived', 'ldirectord', 'kube-proxy', 'kube-router', 'seesaw_engine', 'dpvs'];

/** A script may have its interpreter's name. An editor with the program's file is not the program. */
function programOf({ name: own, words }: HostProcess): string | null {
  const [first = '', ...rest] = words.map((word) => word.slice(word.lastIndexOf('/') + 1));
  const script = interpreters.test(first) ? rest.find((word) => !word.startsWith('-')) : undefined;
  const names = [own, first, script];
  return (
    programs.find((program) => names.some((one) => one === program || one?.startsWith(`${program}_`))) ?? null
  );
}

const interpreters = /^(perl|python|sh|bash|dash)[\d.]*$/;

function judge(host: HostView, program: string, { pid, words }: HostProcess): Finding[] {
  const level = levelOf(host, program, words);
  if (level === null) return [];
  const why =
    program === 'kube-proxy' || program === 'kube-router'
      ? "It deletes services that are not its own, lvsd's among them."
      : "Both write into the table of this network namespace: each takes the other's changes for drift.";
  return [
    finding(name, level, {
      subject: program,
      what: `${program} runs in this network namespace (process ${pid}).`,
      why,
      advice: 'Stop it and disable its unit, move its services to lvsd, or give it a namespace of its own.',
      cures: here(`kill ${pid}`),
    }),
  ];
}

/** keepalived may do VRRP alone, kube-proxy may use other means than IPVS. Null: nothing to say. */
function levelOf(host: HostView, program: string, words: readonly string[]): Level | null {
  if (program === 'keepalived') {
    const file = optionOf(words, ['-f', '--use-file']) ?? '/etc/keepalived/keepalived.conf';
    const text = host.readText(file);
    if (text === null) return 'warning';
    if (/^\s*virtual_server(_group)?\b/m.test(text)) return 'fault';
    return /^\s*include/m.test(text) ? 'warning' : null;
  }
  if (program === 'kube-proxy') return words.some((word) => word.includes('ipvs')) ? 'fault' : 'warning';
  return 'fault';
}

function optionOf(words: readonly string[], names: readonly string[]): string | null {
  for (const [index, word] of words.entries()) {
    if (names.includes(word)) return words[index + 1] ?? null;
    const [option = '', value] = word.split('=');
    if (names.includes(option) && value !== undefined) return value;
  }
  return null;
}
