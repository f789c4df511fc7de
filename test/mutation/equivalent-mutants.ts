/**
 * Mutants that behave as the original does, each with the reason. The line's text must match, so an entry goes
 * stale as soon as its line changes, and a stale entry fails the run.
 */
export interface EquivalentMutant {
  readonly file: string;
  readonly lineText: string;
  /** As the report words them: `< to <=`. */
  readonly changes: readonly string[];
  readonly reason: string;
}

export const EQUIVALENT_MUTANTS: readonly EquivalentMutant[] = [
  {
    file: 'address.ts',
    lineText: 'word0 = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Set before it is read: the value that a field starts with never shows.',
  },
  {
    file: 'address.ts',
    lineText: 'word1 = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Set before it is read: the value that a field starts with never shows.',
  },
  {
    file: 'address.ts',
    lineText: 'word2 = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Set before it is read: the value that a field starts with never shows.',
  },
  {
    file: 'address.ts',
    lineText: 'word3 = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Set before it is read: the value that a field starts with never shows.',
  },
  {
    file: 'address-cache.ts',
    lineText: 'word0 = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Set before it is read: the value that a field starts with never shows.',
  },
  {
    file: 'address-cache.ts',
    lineText: 'word1 = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Set before it is read: the value that a field starts with never shows.',
  },
  {
    file: 'address-cache.ts',
    lineText: 'word2 = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Set before it is read: the value that a field starts with never shows.',
  },
  {
    file: 'address-cache.ts',
    lineText: 'word3 = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Set before it is read: the value that a field starts with never shows.',
  },
  {
    file: 'address-cache.ts',
    lineText: '#bucket = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Set before it is read: the value that a field starts with never shows.',
  },
  {
    file: 'address-cache.ts',
    lineText:
      'for (let bucket = 0; bucket < TABLE_SIZE; bucket++) this.#drop(bucket, tickMs - this.#expirationMs);',
    changes: ['0 to (-1)', '< to <='],
    reason: 'A bucket beyond the table is empty and never read.',
  },
  {
    file: 'address.ts',
    lineText: 'readonly #groups = new Uint16Array(8);',
    changes: ['8 to (9)'],
    reason: 'The ninth group is never read.',
  },
  {
    file: 'address.ts',
    lineText: 'let gap = -1;',
    changes: ['1 to (2)'],
    reason: 'Any negative value means that there is none.',
  },
  {
    file: 'address.ts',
    lineText: 'if (digits === 0 || count === 8 || at + 1 === length) refuse(text);',
    changes: ['8 to (9)', '8 to (7)'],
    reason: 'A group too many is refused at the end as well.',
  },
  {
    file: 'address.ts',
    lineText: 'if (count > 6) refuse(text);',
    changes: ['6 to (7)'],
    reason: 'A group too many is refused at the end as well.',
  },
  {
    file: 'address.ts',
    lineText: 'digits = 0;',
    changes: ['0 to (-1)'],
    reason: 'Only asked whether above 0.',
  },
  {
    file: 'address.ts',
    lineText: 'if (count === 8) refuse(text);',
    changes: ['8 to (9)'],
    reason: 'A group too many is refused at the end as well.',
  },
  {
    file: 'address.ts',
    lineText: 'if (gap >= 0) spread(groups, gap, count);',
    changes: ['0 to (-1)'],
    reason: 'Without a gap there are eight groups, and spreading them moves none.',
  },
  {
    file: 'address.ts',
    lineText: 'return ((groups[at] ?? 0) << 16) | (groups[at + 1] ?? 0);',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'The array has a value at every index.',
  },
  {
    file: 'address.ts',
    lineText: 'for (let from = count - 1; from >= gap; from--) groups[from + moved] = groups[from] ?? 0;',
    changes: ['1 to (0)', '- to +', '0 to (1)', '0 to (-1)'],
    reason: 'Writes beyond the array do nothing, and it has a value at every index.',
  },
  {
    file: 'address.ts',
    lineText: 'return lower >= 97 && lower <= 102 ? lower - 87 : -1;',
    changes: ['1 to (2)'],
    reason: 'Any negative value means none.',
  },
  {
    file: 'address.ts',
    lineText: 'let value = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Four shifts by eight bits leave nothing of what readIpv4 starts with.',
  },
  {
    file: 'dh.ts',
    lineText: 'const TABLE_SIZE = 1 << TABLE_BITS;',
    changes: ['1 to (2)'],
    reason: 'Hashes only reach the first half of the larger table.',
  },
  {
    file: 'dh.ts',
    lineText: 'for (let bucket = 0; bucket < TABLE_SIZE; bucket++) {',
    changes: ['0 to (-1)', '< to <='],
    reason: 'A bucket beyond the table is empty and never read.',
  },
  {
    file: 'lblcr.ts',
    lineText: 'let most = -1;',
    changes: ['1 to (2)'],
    reason: 'Any negative value means none.',
  },
  {
    file: 'lblcr.ts',
    lineText: 'let mostOverhead = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Set before it is read: the value that a field starts with never shows.',
  },
  {
    file: 'lblcr.ts',
    lineText: 'let mostWeight = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Set before it is read: the value that a field starts with never shows.',
  },
  {
    file: 'lblcr.ts',
    lineText: 'let bestWeight = 1;',
    changes: ['1 to (2)', '1 to (0)'],
    reason: 'Beside an infinite overhead no weight matters.',
  },
  {
    file: 'least-loaded.ts',
    lineText: 'let bestWeight = 1;',
    changes: ['1 to (2)', '1 to (0)'],
    reason: 'Beside an infinite overhead no weight matters.',
  },
  {
    file: 'mh.ts',
    lineText: 'position = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Set before it is read: the value that a field starts with never shows.',
  },
  {
    file: 'mh.ts',
    lineText: 'turns = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Set before it is read: the value that a field starts with never shows.',
  },
  {
    file: 'mh.ts',
    lineText: 'this.#size = PRIMES[options.tableIndex - FIRST_INDEX] ?? 4093;',
    changes: ['4093 to (4094)', '4093 to (4092)'],
    reason: 'Every index that the options may have is in the list.',
  },
  {
    file: 'mh.ts',
    lineText: 'for (let attempt = 0; attempt < size; attempt++) {',
    changes: ['< to <='],
    reason: 'One more attempt is the first one again.',
  },
  {
    file: 'mh.ts',
    lineText: 'const divisor = commonDivisor(players.map((player) => player.lastWeight)) || 1;',
    changes: ['1 to (2)', '1 to (0)'],
    reason: 'Only used without any server to deal for.',
  },
  {
    file: 'mh.ts',
    lineText:
      'const highest = players.reduce((most, player) => Math.max(most, player.lastWeight), 0) / divisor;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Only used without any server to deal for.',
  },
  {
    file: 'nq.ts',
    lineText: 'let bestWeight = 1;',
    changes: ['1 to (2)', '1 to (0)'],
    reason: 'Beside an infinite overhead no weight matters.',
  },
  {
    file: 'sed.ts',
    lineText: 'let bestWeight = 1;',
    changes: ['1 to (2)', '1 to (0)'],
    reason: 'Beside an infinite overhead no weight matters.',
  },
  {
    file: 'overload.ts',
    lineText: 'return server.upperThreshold === 0 || total * 4 < server.upperThreshold * 3;',
    changes: ['0 to (-1)'],
    reason: 'Without a threshold the flag is never set, so there is nothing to clear.',
  },
  {
    file: 'persistence.ts',
    lineText: 'const SWEEP_MS = 60_000;',
    changes: ['60_000 to (60001)', '60_000 to (59999)'],
    reason: 'Sweeping frees memory; what is over is not found before either.',
  },
  {
    file: 'persistence.ts',
    lineText: 'if (nowMs - this.#sweptMs >= SWEEP_MS) this.expire(nowMs);',
    changes: ['>= to <=', '>= to >'],
    reason: 'Sweeping frees memory; what is over is not found before either.',
  },
  {
    file: 'persistence.ts',
    lineText: '#firesMs = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'Set before it is read: the value that it starts with never shows.',
  },
  {
    file: 'persistence.ts',
    lineText: 'const keyPort = port === service.port && port !== FTP_PORT ? port : 0;',
    changes: ['0 to (-1)'],
    reason: 'No port has that number either.',
  },
  {
    file: 'persistence.ts',
    lineText: 'return bits >= 32 ? -1 : -1 << (32 - bits);',
    changes: ['>= to >', '32 to (33)'],
    reason: 'A shift by 0 leaves all bits set as well.',
  },
  {
    file: 'rr.ts',
    lineText: 'for (let visited = 0; visited < count; visited++) {',
    changes: ['0 to (-1)', '< to <='],
    reason: 'One more attempt is the first one again.',
  },
  {
    file: 'sh.ts',
    lineText: 'for (let offset = 0; offset < size; offset++) {',
    changes: ['< to <='],
    reason: 'One more attempt is the first one again.',
  },
  {
    file: 'wrr.ts',
    lineText: '#divisor = 1;',
    changes: ['1 to (2)', '1 to (0)'],
    reason: 'Set before it is read: the value that it starts with never shows.',
  },
  {
    file: 'wrr.ts',
    lineText: '#top = 0;',
    changes: ['0 to (1)'],
    reason: 'With one weight above 0 the top is 1, and so is the bar, however it came there.',
  },
  {
    file: 'wrr.ts',
    lineText: '#bar = 0;',
    changes: ['0 to (1)'],
    reason: 'With one weight above 0 the top is 1, and so is the bar, however it came there.',
  },
  {
    file: 'wrr.ts',
    lineText: 'for (let index = from; index < servers.length; index++) {',
    changes: ['< to <='],
    reason: 'There is no server behind the last one, where the loop ends as well.',
  },
  {
    file: 'wrr.ts',
    lineText: 'let heaviest = 0;',
    changes: ['0 to (1)', '0 to (-1)'],
    reason: 'The bar stops above 0 whatever is heaviest.',
  },
  {
    file: 'wrr.ts',
    lineText: 'if (server.weight > heaviest && !server.overloaded) heaviest = server.weight;',
    changes: ['> to >='],
    reason: 'On equality both ways give the same value.',
  },
  {
    file: 'wrr.ts',
    lineText: 'if (this.#bar <= heaviest) return;',
    changes: ['<= to <'],
    reason: 'On equality no step is left to take.',
  },
  {
    file: 'wrr.ts',
    lineText: 'let highest = 0;',
    changes: ['0 to (1)'],
    reason: 'With one weight above 0 the top is 1, and so is the bar, however it came there.',
  },
  {
    file: 'wrr.ts',
    lineText: 'this.#divisor = commonDivisor(this.servers.map((server) => server.weight)) || 1;',
    changes: ['1 to (2)', '1 to (0)'],
    reason: 'Without any weight the bar is 0, and the divisor is not used.',
  },
  {
    file: 'wrr.ts',
    lineText: 'this.#top = highest === 0 ? 0 : highest - (this.#divisor - 1);',
    changes: ['0 to (-1)', '0 to (1)'],
    reason: 'With one weight above 0 the top is 1, and so is the bar, however it came there.',
  },
  {
    file: 'wrr.ts',
    lineText: 'if (bar > this.#top || bar === 0) this.#bar = this.#top;',
    changes: ['> to >='],
    reason: 'On equality both ways give the same value.',
  },
];
