/**
 * Configurations that must be refused, each with the exact place, rule and a piece of the message. For every test that
 * shows what a bad file does: the loader tells it all, a director does not start, a reload changes nothing.
 */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ExpectedProblem {
  /** Absolute. */
  readonly file: string;
  readonly rule: string;
  readonly line: number;
  readonly column: number;
  readonly messageContains: string;
}

export interface BrokenFile {
  readonly name: string;
  /** Absolute path of the main file. */
  readonly file: string;
  /** All of them, in the order in which they are told. */
  readonly problems: readonly ExpectedProblem[];
}

const folder = fileURLToPath(new URL('../fixtures/broken/', import.meta.url));

/** The written ones of test/fixtures/broken, and those that are too large or too strange for a repository, made in `tempFolder`. */
export async function brokenFiles(tempFolder: string): Promise<BrokenFile[]> {
  const written = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as BrokenFile[];
  const made = await Promise.all(makers.map((make) => make(tempFolder)));
  return [
    ...written.map((broken) => absolute(broken, folder)),
    ...made.map((broken) => absolute(broken, tempFolder)),
  ];
}

function absolute(broken: BrokenFile, base: string): BrokenFile {
  return {
    name: broken.name,
    file: join(base, broken.file),
    problems: broken.problems.map((problem) => ({ ...problem, file: join(base, problem.file) })),
  };
}

const VALID = 'services:\n  - name: web\n    address: 192.0.2.10:80\n    servers: [10.0.1.11:80]\n';

type Maker = (tempFolder: string) => Promise<BrokenFile>;

interface Place {
  readonly rule: string;
  readonly line: number;
  readonly column: number;
  readonly messageContains: string;
}

function fromBytes(name: string, bytes: Uint8Array | string, place: Place): Maker {
  return async (tempFolder) => {
    const file = `${name}.yaml`;
    await writeFile(join(tempFolder, file), bytes);
    return { name, file, problems: [{ file, ...place }] };
  };
}

/** A main file whose `include:` leads to what `make` puts beside it. */
function fromInclude(
  name: string,
  included: string,
  make: (path: string) => Promise<void>,
  rule: string,
  messageContains: string,
): Maker {
  return async (tempFolder) => {
    const file = join(name, 'lvsd.yaml');
    await mkdir(join(tempFolder, name), { recursive: true });
    await writeFile(join(tempFolder, file), `include: ${included}\n${VALID}`);
    await make(join(tempFolder, name, included));
    return { name, file, problems: [{ file, rule, line: 1, column: 10, messageContains }] };
  };
}

const MEBIBYTE = 1024 * 1024;
const START = { line: 1, column: 1 };
const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(VALID, 'utf16le')]);
const latin1 = Buffer.concat([Buffer.from('# caf'), Buffer.from([0xe9]), Buffer.from(`\n${VALID}`)]);

const makers: readonly Maker[] = [
  fromBytes('made-bom-utf8', `\ufeff${VALID}`, {
    ...START,
    rule: 'text-bom',
    messageContains: 'UTF-8 byte order mark',
  }),
  fromBytes('made-bom-utf16', utf16, {
    ...START,
    rule: 'text-bom',
    messageContains: 'UTF-16 byte order mark',
  }),
  fromBytes('made-nul', `${VALID}    scheduler: r\0r\n`, {
    rule: 'text-nul',
    line: 5,
    column: 17,
    messageContains: 'NUL',
  }),
  fromBytes('made-latin1', latin1, {
    rule: 'text-encoding',
    line: 1,
    column: 6,
    messageContains: 'not UTF-8',
  }),
  fromBytes('made-10-mebibytes', VALID + '# padding\n'.repeat(MEBIBYTE), {
    ...START,
    rule: 'file-too-large',
    messageContains: 'larger than 4 MiB',
  }),
  fromBytes('made-empty', '', { ...START, rule: 'file-empty', messageContains: 'nothing but comments' }),
  async (tempFolder) => {
    const file = 'made-folder.yaml';
    await mkdir(join(tempFolder, file), { recursive: true });
    return {
      name: 'made-folder',
      file,
      problems: [{ file, ...START, rule: 'file-not-a-file', messageContains: 'is a folder' }],
    };
  },
  (_tempFolder) => {
    const file = 'made-nowhere.yaml';
    return Promise.resolve({
      name: 'made-nowhere',
      file,
      problems: [{ file, ...START, rule: 'file-missing', messageContains: 'does not exist' }],
    });
  },
  fromInclude(
    'made-include-symlink-loop',
    'more.yaml',
    (path) => symlink('more.yaml', path),
    'include-unreadable',
    'ELOOP',
  ),
  fromInclude(
    'made-include-dangling',
    'more.yaml',
    (path) => symlink('nowhere.yaml', path),
    'include-missing',
    'does not exist',
  ),
  fromInclude(
    'made-include-large',
    'more.yaml',
    (path) => writeFile(path, '# padding\n'.repeat(MEBIBYTE / 2)),
    'include-too-large',
    'larger than 4 MiB',
  ),
  fromInclude(
    'made-include-file-as-folder',
    'more.yaml/web.yaml',
    (path) => writeFile(join(path, '..'), VALID),
    'include-unreadable',
    'ENOTDIR',
  ),
];
