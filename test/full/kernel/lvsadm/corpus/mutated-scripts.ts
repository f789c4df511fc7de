/** Scripts of the other subjects with letters and pieces changed at random. */
import { seededRandom, type SeededRandom } from '../../../../support/random.js';
import type { Case, Subject } from './case.js';
import { randomLines } from './random-lines.js';
import { scriptsToRestore } from './scripts.js';

const pieces = [
  '\n',
  '\n',
  ' ',
  '\t',
  '-',
  '--',
  '#',
  '"',
  "'",
  '\\',
  ';',
  '\r',
  '\0',
  '=',
  'A',
  'R',
  'L',
  '0',
  '1',
  'é',
  '\f',
  '\v',
  ':',
  '[',
  ']',
  '%',
  'ipvsadm ',
  '-R\n',
  '-v\n',
  'x'.repeat(500),
  ' '.repeat(300),
];

function mutate(random: SeededRandom, script: string): string {
  const at = random.int(0, script.length);
  const before = script.slice(0, at);
  switch (random.int(0, 3)) {
    case 0:
      return before + random.pick(pieces) + script.slice(at);
    case 1:
      return before + script.slice(at + 1);
    case 2:
      return before + random.pick(pieces) + script.slice(at + 1);
    default: {
      const from = random.int(0, script.length);
      return before + script.slice(from, from + 20) + script.slice(at);
    }
  }
}

/** A daemon that is stopped at once makes the stock program hang; help, own options and lone commas have cases of their own. */
function isUsable(script: string): boolean {
  const stops = script.includes('-stop-') && script.includes('-start-');
  return !stops && !/(^|\s)(--?h|--(json|full|check-first)|(-b|--sched-flags)?[ =]?,+(\s|$))/.test(script);
}

/** @param seed other seeds give other cases; what is recorded are those of the one below */
export function mutatedScripts(seed: number, count: number): Case[] {
  const random = seededRandom(seed);
  const originals = [...scriptsToRestore.cases, ...randomLines.cases].flatMap(({ name, fixture, runs }) => {
    const script = runs[0]?.stdin;
    // How that table is sorted hangs on the kernel's order, which each boot has its own of.
    const anyOrder = name.startsWith('table sorted ');
    return script === undefined || script.length > 3000 ? [] : [{ fixture, script, anyOrder }];
  });
  const cases: Case[] = [];
  while (cases.length < count) {
    const { fixture, script, anyOrder } = random.pick(originals);
    let mutant = mutate(random, script);
    while (random.chance(0.6)) mutant = mutate(random, mutant);
    if (!isUsable(mutant)) continue;
    cases.push({
      name: `mutant ${cases.length}`,
      fixture: fixture === 'sorted' || fixture === 'crowd' ? 'kinds' : fixture,
      runs: [{ argv: ['-R'], stdin: mutant }, { argv: ['-Sn'] }],
      ...(anyOrder || mutant.includes('nosort') ? { anyOrder: true as const } : {}),
    });
  }
  return cases;
}

export const mutatedScriptsToRestore: Subject = {
  subject: 'mutated-scripts',
  cases: mutatedScripts(1, 300),
};
