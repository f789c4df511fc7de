/** What `-R` reads: saved tables, hand-written files, mistakes at every place of them. */
import { restore } from './case.js';
import type { Case, Subject } from './case.js';
import { fixtures } from './fixtures.js';

const add = '-A -t 10.0.0.9:80 -s rr\n';
const server = '-a -t 10.0.0.9:80 -r 10.0.0.15:80 -m -w 1\n';

const long = 'x'.repeat(3000);

/** On `web`. */
const scripts: Readonly<Record<string, string>> = {
  nothing: '',
  'an empty line': '\n',
  'blank lines': `\n\n${add}\n\n${server}\n\n`,
  'a line of blanks': `   \n${add}`,
  'a line of tabs': `\t\t\n${add}`,
  'blanks before': `   ${add}  ${server}`,
  'tabs before': `\t${add}\t${server}`,
  'tabs between': '-A\t-t\t10.0.0.9:80\t-s\trr\n',
  'blanks between': '-A   -t    10.0.0.9:80   -s   rr\n',
  'blanks behind': '-A -t 10.0.0.9:80 -s rr   \n',
  'tab behind': '-A -t 10.0.0.9:80 -s rr\t\n',
  'no newline at the end': `${add}-a -t 10.0.0.9:80 -r 10.0.0.15:80 -m -w 1`,
  'no newline at all': '-A -t 10.0.0.9:80 -s rr',
  'carriage returns': `${add}${server}`.replaceAll('\n', '\r\n'),
  'a carriage return at the end of an option without value': '-C\r\n',
  'carriage returns alone': `${add}${server}`.replaceAll('\n', '\r'),
  'form feeds and vertical tabs': '-A\f-t\v10.0.0.9:80 -s rr\n',
  'leading word': `ipvsadm ${add}ipvsadm ${server}`,
  'leading word and blanks': `  ipvsadm   ${add}\tipvsadm\t${server}`,
  'leading word with path': `/sbin/ipvsadm ${add}`,
  'leading word twice': `ipvsadm ipvsadm ${add}`,
  'leading word alone': 'ipvsadm\n',
  'leading word in capitals': `IPVSADM ${add}`,
  'other leading word': `lvsadm ${add}`,
  'leading word cut': `ipvsad ${add}`,
  'leading word longer': `ipvsadmx ${add}`,
  'a comment line': `# a comment\n${add}`,
  'a comment line behind': `${add}# a comment\n${server}`,
  'a comment behind a command': '-A -t 10.0.0.9:80 -s rr # web\n',
  'a comment glued to a value': '-A -t 10.0.0.9:80 -s rr#web\n',
  'a lone hash': `#\n${add}`,
  'a comment of one word': `#comment\n${add}`,
  'an indented comment': `  # comment\n${add}`,
  'double quotes': '-A -t "10.0.0.9:80" -s "rr"\n',
  'single quotes': "-A -t '10.0.0.9:80' -s 'rr'\n",
  'quotes around blanks': '-A -t 10.0.0.9:80 -s "r r"\n',
  'an open double quote': `-A -t "10.0.0.9:80 -s rr\n${add}`,
  'an open single quote': `-A -t '10.0.0.9:80 -s rr\n${add}`,
  'an empty quoted word': '-A -t 10.0.0.9:80 -s ""\n',
  'a quote inside a word': '-A -t 10.0.0.9:8"0" -s rr\n',
  'a quoted option': '"-A" -t 10.0.0.9:80 -s rr\n',
  'quotes of the other kind inside': `-A -t 10.0.0.9:80 -s "'rr'"\n`,
  'a quoted hash': '-A -t 10.0.0.9:80 -s "#rr"\n',
  'an escaped blank': '-A -t 10.0.0.9:80 -s r\\ r\n',
  'an escaped letter': '-A -t 10.0.0.9:80 -s r\\r\n',
  'an escaped quote': '-A -t 10.0.0.9:80 -s \\"rr\\"\n',
  'a backslash inside quotes': '-A -t 10.0.0.9:80 -s "r\\r"\n',
  'a backslash and a quote inside quotes': '-A -t 10.0.0.9:80 -s "r\\"r"\n',
  'a backslash at the end of a line': `-A -t 10.0.0.9:80 \\\n-s rr\n`,
  'a backslash at the end of all': '-A -t 10.0.0.9:80 -s rr\\',
  'a variable': '-A -t $VIP:80 -s rr\n',
  'a semicolon': '-A -t 10.0.0.9:80 -s rr; -A -t 10.0.0.9:81 -s rr\n',
  'an ampersand': '-A -t 10.0.0.9:80 -s rr && -C\n',
  'a NUL in the middle': '-A -t 10.0.0.9:80\0 -s rr\n-A -t 10.0.0.9:81\n',
  'a NUL at the start of a line': `\0${add}${server}`,
  'a NUL alone': `\0\n${add}`,
  'a NUL as a word': `-A \0 -t 10.0.0.9:80\n${add}`,
  'a NUL for a dash': `-A \0t 10.0.0.9:80 -s rr\n${add}`,
  'a NUL as a value': `-A -t 10.0.0.9:80 -s \0\n${add}`,
  'a NUL behind the leading word': `ipvsadm\0 -A -t 10.0.0.9:80\n${add}`,
  'blanks and a NUL': ` \0  \n${add}`,
  'UTF-8': '-A -t 10.0.0.9:80 -s rör\n',
  'a byte order mark': `\ufeff${add}`,
  'a long word': `-A -t ${long} -s rr\n${add}`,
  'a long unknown scheduler': `-A -t 10.0.0.9:80 -s ${long}\n`,
  'a line with a thousand blanks': `-A${' '.repeat(1000)}-t 10.0.0.9:80 -s rr\n${server}`,
  'a line with ten thousand blanks': `-A${' '.repeat(10_000)}-t 10.0.0.9:80 -s rr\n${server}`,
  'a hundred words': `-A -t 10.0.0.9:80${' x'.repeat(100)}\n${add}`,
  'two hundred fifty words': `-A -t 10.0.0.9:80${' x'.repeat(250)}\n${add}`,
  'three hundred words': `-A -t 10.0.0.9:80${' x'.repeat(300)}\n${add}`,
  'a thousand words': `-A -t 10.0.0.9:80${' x'.repeat(1000)}\n${add}`,

  'an error of the kernel first': `-A -t 10.0.0.1:80\n${add}`,
  'an error of the kernel in the middle': `${add}-A -t 10.0.0.1:80\n${server}`,
  'an error of the kernel last': `${add}${server}-A -t 10.0.0.1:80\n`,
  'only errors of the kernel':
    '-A -t 10.0.0.1:80\n-D -t 10.0.0.99:80\n-a -t 10.0.0.1:80 -r 10.0.0.11 -g\n-d -t 10.0.0.1:80 -r 10.0.0.99\n',
  'every error of the kernel': `-A -t 10.0.0.1:80
-A -t 10.0.0.9:80 -s nothing
-E -t 10.0.0.99:80
-E -t 10.0.0.1:80 -s nothing
-D -t 10.0.0.99:80
-Z -t 10.0.0.99:80
-a -t 10.0.0.99:80 -r 10.0.0.11
-a -t 10.0.0.1:80 -r 10.0.0.11
-e -t 10.0.0.99:80 -r 10.0.0.11
-e -t 10.0.0.1:80 -r 10.0.0.99
-d -t 10.0.0.99:80 -r 10.0.0.11
-d -t 10.0.0.1:80 -r 10.0.0.99
-A -t 224.0.0.1:80
-a -t 10.0.0.1:80 -r 10.0.0.88 -x 1 -y 2
-a -t 10.0.0.1:80 -r 224.0.0.1
--stop-daemon master
--start-daemon master --mcast-interface nothing0
`,
  'a usage error first': `-A -t nonsense\n${add}`,
  'a usage error in the middle': `${add}-A -t 10.0.0.8:80 -w 5\n${server}`,
  'a usage error last': `${add}${server}-A\n`,
  'a usage error behind an error of the kernel': `-A -t 10.0.0.1:80\n-A -Q\n${add}`,
  'an error of the kernel, then good lines': `-A -t 10.0.0.1:80\n${add}${server}`,
  'an unknown command in the middle': `${add}-Q\n${server}`,
  'a word in the middle': `${add}stray\n${server}`,
  'a stray word behind': `${add}-D -t 10.0.0.1:80 stray\n${server}`,
  'an unknown option in the middle': `${add}-A -t 10.0.0.8:80 --nothing\n${server}`,
  'a missing value in the middle': `${add}-A -t\n${server}`,
  'a missing server': `${add}-a -t 10.0.0.9:80\n${server}`,
  'port 0 without -p in the middle': `${add}-A -t 10.0.0.8\n${server}`,
  'a host that is not known': `${add}-A -t no-such-host:80\n${server}`,
  'a mixed family': `${add}-a -t 10.0.0.9:80 -r 2001:db8::1 -m\n${server}`,
  'a tunnel without port': `${add}-a -t 10.0.0.9:80 -r 10.0.0.15 -i --tun-type gue\n${server}`,

  'clear inside': `-C\n${add}${server}`,
  'clear at the end': `${add}${server}-C\n`,
  'list inside': `${add}-L -n\n${server}-L -n\n`,
  'list of an unknown service inside': `${add}-L -n -t 10.0.0.99:80\n${server}`,
  'list of connections inside': `-L -n -c\n${add}`,
  'list of timeouts and daemons inside': `-L --timeout\n-L --daemon\n${add}`,
  'save inside': `${add}-S -n\n${server}`,
  'zero inside': `${add}-Z\n-Z -t 10.0.0.9:80\n${server}`,
  'set inside': `${add}--set 100 20 30\n${server}-L --timeout\n`,
  'set without values inside': `${add}--set 100\n${server}`,
  'daemon inside': `--start-daemon backup --mcast-interface lo --syncid 9\n-L --daemon\n--stop-daemon master\n-L --daemon\n${add}`,
  'daemon left running': `--start-daemon backup --mcast-interface lo --syncid 9\n${add}`,
  'help inside': `${add}-v\n${server}`,
  'restore inside': `${add}-R\n${server}`,
  'restore inside, first': `-R\n${add}`,
  'restore inside, long': `${add}--restore\n${server}`,
  'restore inside, with an option': `${add}-R -n\n${server}`,
  'version inside': `--version\n${add}`,
  'edit, delete, zero': `${add}${server}-e -t 10.0.0.9:80 -r 10.0.0.15:80 -g -w 9\n-E -t 10.0.0.9:80 -s lc\n-d -t 10.0.0.1:80 -r 10.0.0.11:80\n-Z\n`,
  names: '-A -t www:443 -s rr\n-a -t www:https -r web1 -m\n-a -t www:https -r web2:http-alt -m\n',
  'the saved form': `-A -t 10.0.0.9:http -s wlc\n-a -t 10.0.0.9:http -r 10.0.0.15:http -g -w 1\n`,
  'long options':
    '--add-service --tcp-service=10.0.0.9:80 --scheduler=rr\n--add-server --tcp-service 10.0.0.9:80 --real-server 10.0.0.15 --masquerading --weight 4\n',
  marks:
    '-A -f 99 -6 -s rr\n-a -f 99 -6 -r [2001:db8::5]:80 -m\n-A -f 99 -s rr\n-a -f 99 -r 10.0.0.5:80 -m\n',
  'options kept from the line before':
    '-A -t 10.0.0.9:80 -s sh -p 99 -M 255.0.0.0 -b sh-port\n-A -t 10.0.0.8:80\n-a -t 10.0.0.9:80 -r 10.0.0.15 -m -w 7 -x 9 -y 3\n-a -t 10.0.0.8:80 -r 10.0.0.15\n',
  'tunnel options kept from the line before': `${add}-a -t 10.0.0.9:80 -r 10.0.0.15 -i --tun-type gue --tun-port 6080 --tun-csum\n-a -t 10.0.0.9:80 -r 10.0.0.16 -i\n-a -t 10.0.0.9:80 -r 10.0.0.17 -m\n`,
  'a hundred services': Array.from(
    { length: 100 },
    (_, index) =>
      `-A -t 10.1.0.${index}:80 -s rr\n-a -t 10.1.0.${index}:80 -r 10.2.0.${index}:80 -m -w ${index}\n`,
  ).join(''),
};

/** Calls of `-R` itself. */
const calls: readonly (readonly string[])[] = [
  ['--restore'],
  ['-R', '-n'],
  ['-Rn'],
  ['-R', 'file'],
  ['-R', '-t', '10.0.0.9:80'],
  ['-R', '-'],
  ['-RR'],
  ['-R', '--'],
];

function roundTrips(): Case[] {
  return (['web', 'kinds', 'rich', 'sorted', 'named'] as const).flatMap((name) => {
    const script = fixtures[name];
    const cases = [
      restore(`table ${name} into an empty one`, 'empty', script),
      restore(`table ${name} onto itself`, name, script),
      restore(`table ${name} with the leading word`, 'empty', script.replace(/^-/gm, 'ipvsadm -')),
    ];
    // how that one is sorted hangs on the kernel's order, which each namespace has its own of
    return name === 'sorted' ? cases.map((one) => ({ ...one, runs: one.runs.slice(0, 1) })) : cases;
  });
}

export const scriptsToRestore: Subject = {
  subject: 'scripts',
  cases: [
    ...Object.entries(scripts).map(([name, script]) => restore(name, 'web', script)),
    ...calls.map((argv) => restore(`called as ${argv.join(' ')}`, 'web', `${add}${server}`, argv)),
    ...roundTrips(),
  ],
};
