/** One mistake is one message, at its place, and says what to do. `«` stands before what is wrong. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, type ConfigProblem } from '../../../src/config/load.js';
import { loadText } from '../../support/config-text.js';

const WEB = 'services:\n  - name: web\n    address: 192.0.2.10:80\n';
const POOL = 'pools: { p: [10.0.1.1:80] }\n';

const MISTAKES: readonly {
  readonly name: string;
  readonly text: string;
  /** `message => hint` of each, or what they begin with. */
  readonly told: readonly string[];
}[] = [
  {
    name: 'a tab, whatever it does to the lines below',
    text: 'services:\n  -«\tname: web\n    address: 192.0.2.10:80\n    servers: []\n',
    told: ['tab character in the indentation => YAML indents with spaces only'],
  },
  {
    name: 'a dash without a space',
    text: 'services:\n  -name: «web\n    address: 192.0.2.10:80\n',
    told: ['a second "key: value" on one line => write a space after the dash'],
  },
  {
    name: 'a tag, at the tag',
    text: `${WEB}    retries: «!!int 3\n`,
    told: ['the tag tag:yaml.org,2002:int is not known here'],
  },
  {
    name: 'a space before the port',
    text: `${WEB}    servers:\n      - «10.0.1.11: 8080\n`,
    told: ['the address 10.0.1.11 stands as a key => write address: 10.0.1.11:80'],
  },
  {
    name: 'a weight beside a pool',
    text: `${POOL}${WEB}    servers: [{ pool: p, «weight: 3 }]\n`,
    told: ['the key "weight" does not go with the other keys here => an entry with pool'],
  },
  {
    name: 'a key of another type of check',
    text: `${WEB}    check: { type: tcp, «host: x }\n`,
    told: ['the key "host" does not go with the other keys here => host is a key of type: http, https'],
  },
  {
    name: 'a misspelled type',
    text: `${WEB}    check: { «typ: http, path: /x }\n`,
    told: ['unknown key "typ" => did you mean "type"?'],
  },
  {
    name: 'an unknown type and what else is wrong beside it',
    text: `${WEB}    check: { type: «htp, path: /x, interval: «2 }\n`,
    told: ['"htp" is not allowed here => did you mean "http"?', '2 is not a duration'],
  },
  {
    name: 'a text where one of several forms is wanted',
    text: `${WEB}    check: «tcp\n`,
    told: ['must be a mapping of keys, not a text'],
  },
  {
    name: 'a list where a server is wanted',
    text: `${WEB}    servers: [«[10.0.1.11:80]]\n`,
    told: ['must be a single value or a mapping of keys, not a list'],
  },
  {
    name: 'a number that quotes would not cure',
    text: WEB.replace('192.0.2.10:80', '«80'),
    told: ['"80" is no IPv4 address => four decimal numbers'],
  },
  {
    name: 'a number that quotes cure',
    text: WEB.replace('web', '«8080'),
    told: ['must be a text, not the number 8080 => write it in quotes: "8080"'],
  },
  {
    name: 'a URL',
    text: WEB.replace('192.0.2.10:80', '«http://192.0.2.10:80/'),
    told: ['"http://192.0.2.10:80/" is no address => write 192.0.2.10:80'],
  },
  {
    name: 'IPv6 with a port and no brackets',
    text: WEB.replace('192.0.2.10:80', '«2001:db8::10:443'),
    told: ['"2001:db8::10:443" has no port => write "[2001:db8::10]:443"'],
  },
  {
    name: 'a colon without a space in braces',
    text: `${WEB}    check: {«type:http, path: /x}\n`,
    told: ['this entry is no "key: value" => is the colon missing, or the space behind it?'],
  },
  {
    name: 'a character that cannot be seen',
    text: WEB.replace('web', '«we\u200bb'),
    told: ['"we\\u200bb" is not a name'],
  },
  {
    name: 'a key behind no-break spaces',
    text: `${WEB}«\u00a0servers: []\n`,
    told: ['unknown key "\\u00a0servers"'],
  },
  {
    name: 'the marks of a conflict',
    text: `«<<<<<<< HEAD\n${WEB}`,
    told: ['this line is no "key: value" => these are the marks of a conflict'],
  },
  {
    name: 'line ends of another age',
    text: 'services:«\r  - name: web\r',
    told: ['a carriage return without a line feed'],
  },
  {
    name: 'an include of nothing',
    text: `include: [«""]\n${WEB}`,
    told: ['an empty path includes nothing'],
  },
  {
    name: 'a variable inside a default',
    text: `${WEB}    scheduler: "«\${A:-\${B}}"\n`,
    told: ['this is no variable', 'the environment variable B is not set'],
  },
];

/** The text without marks, and the line and column of each. */
function unmark(marked: string): { text: string; places: string[] } {
  const [first = '', ...rest] = marked.split('«');
  let text = first;
  const places = rest.map((part) => {
    const lines = text.split('\n');
    text += part;
    return `${lines.length}:${(lines.at(-1) ?? '').length + 1}`;
  });
  return { text, places };
}

async function problemsOf(text: string): Promise<readonly ConfigProblem[]> {
  const error = await loadText(text).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof ConfigError);
  return error.problems;
}

describe('a mistake is told once, at its place, with its cure', () => {
  for (const { name, text: marked, told } of MISTAKES) {
    it(name, async () => {
      const { text, places } = unmark(marked);
      const problems = await problemsOf(text);
      const texts = problems.map(({ message, hint }) => `${message} => ${hint ?? ''}`);
      assert.equal(problems.length, told.length, texts.join('\n'));
      for (const [index, start] of told.entries()) assert.ok(texts[index]?.startsWith(start), texts[index]);
      assert.deepEqual(
        problems.map(({ line, column }) => `${line}:${column}`).slice(0, places.length),
        places,
      );
    });
  }
});
