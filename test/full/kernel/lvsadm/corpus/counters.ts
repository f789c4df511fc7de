/** Counters around every limit of their columns. */
import { words } from './case.js';
import type { Case, Subject } from './case.js';
import type { FixtureName } from './fixtures.js';

const upTo32Bits = [
  '0',
  '1',
  '999',
  '99999999',
  '100000000',
  '100000999',
  '123456789',
  '999999999',
  '1000000000',
  '2147483647',
  '2147483648',
  '4294967295',
];

/** The stock program reads the numbers of servers, save bytes, with 32 bits. */
const beyond32Bits = [
  '4294967296',
  '9999999999',
  '10000000000',
  '99999999999',
  '100000000000',
  '123456789012345',
  '99999999999999',
  '100000000000000',
  '999999999999999',
  '1000000000000000',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551615',
];

const forms = [
  '-Ln',
  '-Ln --stats',
  '-Ln --stats --exact',
  '-Ln --rate',
  '-Ln --rate --exact',
  '-Ln --thresholds',
  '-Ln --persistent-conn',
  '-Ln --tun-info',
];

function cases(fixture: FixtureName, value: string, connections: string, of: readonly string[]): Case[] {
  const counters = [...new Array<string>(10).fill(value), connections, connections, connections];
  return of.map((form) => ({
    name: `${fixture} with ${value}: ${form}`,
    fixture,
    runs: [{ argv: words(form), counters }],
  }));
}

const statistics = forms.filter((form) => /stats|rate/.test(form));

/** Each column with another number, so that none can stand for another. */
const distinct: Case[] = forms.map((form) => ({
  name: `web with a number for each column: ${form}`,
  fixture: 'web',
  runs: [
    {
      argv: words(form),
      counters: ['11', '222', '3333', '44444', '555555', '6', '77', '888', '9999', '10101', '12', '13', '14'],
    },
  ],
}));

export const counters: Subject = {
  subject: 'counters',
  cases: [
    ...distinct,
    ...upTo32Bits.flatMap((value) => cases('web', value, value, forms)),
    ...beyond32Bits.flatMap((value) => cases('lonely', value, '0', statistics)),
    ...beyond32Bits.flatMap((value) => cases('web', value, '0', statistics)),
  ],
};
