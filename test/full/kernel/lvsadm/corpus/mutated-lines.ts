/** Command lines of the other subjects with words and letters changed at random: what somebody types by mistake. */
import { seededRandom, type SeededRandom } from '../../../../support/random.js';
import { addresses, marksAndMasks } from './addresses.js';
import type { Case, Run, Subject } from './case.js';
import { commandOptions } from './command-options.js';
import { grammar } from './grammar.js';
import { listings } from './listings.js';
import { numberSpellings } from './numbers.js';
import { randomLines } from './random-lines.js';
import { realServers, tunnels } from './servers.js';
import { services } from './services.js';
import { settingsOfTheTable } from './settings.js';

const sources: readonly Subject[] = [
  addresses,
  marksAndMasks,
  commandOptions,
  grammar,
  listings,
  numberSpellings,
  randomLines,
  realServers,
  tunnels,
  services,
  settingsOfTheTable,
];

const letters = '0123456789abcdefx.:,-=[]%# +/\'"\\AaCDdEeLlRrSsZtufpMwxyn'.split('');

/** What the two programs are known to take in different ways has cases of its own. */
function isKnown(argv: readonly string[]): boolean {
  return argv.some(
    (word) =>
      /^--(json|full|check-first)$/.test(word) ||
      /^(-b|--sched-flags)?=?,+$/.test(word) ||
      /^--?h/.test(word),
  );
}

function mutateWord(random: SeededRandom, word: string): string {
  const at = random.int(0, word.length);
  switch (random.int(0, 4)) {
    case 0:
      return word.slice(0, at) + random.pick(letters) + word.slice(at);
    case 1:
      return word.slice(0, at) + word.slice(at + 1);
    case 2:
      return word.slice(0, at) + random.pick(letters) + word.slice(at + 1);
    case 3:
      return word.slice(0, at);
    default:
      return word.slice(0, at) + word.slice(at).split('').reverse().join('');
  }
}

function mutate(random: SeededRandom, argv: readonly string[]): string[] {
  const words = [...argv];
  const at = random.int(0, Math.max(0, words.length - 1));
  const word = words[at] ?? '';
  switch (random.int(0, 8)) {
    case 0:
      words.splice(at, 1);
      break;
    case 1:
      words.splice(at, 0, word);
      break;
    case 2:
      words.splice(at, 2, ...words.slice(at, at + 2).reverse());
      break;
    case 3:
      words.splice(at, 2, words.slice(at, at + 2).join(random.pick(['', '=', ' '])));
      break;
    case 4:
      words.splice(at, 1, word.slice(0, 2), word.slice(2));
      break;
    default:
      words[at] = mutateWord(random, word);
  }
  return words;
}

/** @param seed other seeds give other cases; what is recorded are those of the one below */
export function mutatedCases(seed: number, count: number): Case[] {
  const random = seededRandom(seed);
  // a script within, or a daemon, is not what these are about
  const usable = ({ argv, stdin, connections, counters }: Run): boolean =>
    stdin === undefined &&
    connections === undefined &&
    counters === undefined &&
    !argv.join(' ').includes('-daemon') &&
    !isKnown(argv);
  const originals = sources.flatMap(({ cases }) =>
    cases.flatMap(({ fixture, runs }) =>
      runs[0] !== undefined && usable(runs[0]) ? [{ fixture, run: runs[0] }] : [],
    ),
  );
  return Array.from({ length: count }, (_, index): Case => {
    const { fixture, run } = random.pick(originals);
    let argv = mutate(random, run.argv);
    while (random.chance(0.3) || isKnown(argv)) argv = mutate(random, isKnown(argv) ? run.argv : argv);
    return {
      name: `mutant ${index}`,
      fixture: fixture === 'sorted' || fixture === 'crowd' ? 'kinds' : fixture,
      runs: [{ argv }, { argv: ['-Sn'] }],
      ...(argv.some((word) => word.includes('nosort')) ? { anyOrder: true as const } : {}),
    };
  });
}

export const mutatedLines: Subject = { subject: 'mutated-lines', cases: mutatedCases(1, 600) };
