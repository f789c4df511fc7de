/** Runs what README and docs tell people to type: on free ports and in a temporary folder, otherwise as written. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CodeBlock } from './support/markdown.js';
import { readAllMarkdown, readMarkdown } from './support/markdown.js';
import { cli, DirectorHome, freePort } from './support/test-director.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The lines of the shell blocks, but those of blocks that are marked to be tried by hand. */
function shellLines(blocks: readonly CodeBlock[]): string[] {
  return blocks
    .filter(({ language, mark }) => language === 'sh' && mark !== 'by-hand')
    .flatMap(({ text }) => text.trim().split('\n'));
}

async function webServer(): Promise<Server> {
  const server = createServer((_request, response) => response.end('hello\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

describe('the README, followed by a reader with two servers', () => {
  const readme = readMarkdown('README.md');
  let home: DirectorHome;
  let servers: readonly Server[];
  /** The README's ports and what they are here. */
  let ports: ReadonlyMap<string, number>;

  const here = (text: string): string =>
    text.replace(/(?<=127\.0\.0\.1:)\d+/g, (port) => String(ports.get(port) ?? port));

  before(async () => {
    home = await DirectorHome.create();
    servers = [await webServer(), await webServer()];
    const [one, two] = servers.map(portOf);
    assert.ok(one !== undefined && two !== undefined);
    ports = new Map([
      ['8080', await freePort()],
      ['9410', await freePort()],
      ['9001', one],
      ['9002', two],
    ]);
    const block = readme.blocks.find(({ language }) => language === 'yaml');
    assert.ok(block);
    const own = `  state_dir: ${home.stateDir}\n  admin: { socket: ${home.socket}, listen: 127.0.0.1:9410 }\n`;
    await writeFile(home.file, here(block.text.replace('dataplane: proxy\n', `dataplane: proxy\n${own}`)));
  });

  after(async () => {
    await home.close();
    for (const server of servers) server.close();
  });

  it('every command works', async () => {
    const lines = shellLines(readme.blocks);
    assert.ok(lines.length >= 12);
    for (const line of lines) {
      if (line.startsWith('curl ')) await fetchOk(line);
      else if (line === 'lvsd run -c lvsd.yaml') await home.start();
      else await runOk(line);
    }
  });

  async function fetchOk(line: string): Promise<void> {
    const url = /http:\S+/.exec(line)?.[0] ?? '';
    const answer = await fetch(here(url), { headers: { connection: 'close' } });
    assert.equal(answer.status, 200, line);
    await answer.text();
  }

  async function runOk(line: string): Promise<void> {
    const [program, ...words] = line.replace(' lvsd.yaml', ` ${home.file}`).split(' ');
    assert.equal(program, 'lvsd', line);
    const { code, err } = await home.cli(words);
    assert.equal(code, 0, `${line}: ${err}`);
  }
});

describe('simulations in the docs', () => {
  for (const file of readAllMarkdown()) {
    const lines = shellLines(file.blocks).filter((line) => line.startsWith('lvsd simulate'));
    if (lines.length === 0) continue;
    it(`of ${file.path} print what stands there`, async () => {
      process.chdir(root);
      let printed = '';
      for (const line of lines) {
        const { code, out } = await cli(line.split(' ').slice(1));
        assert.equal(code, 0, line);
        printed += out;
      }
      const shown = file.blocks.filter(({ text }) => text.includes('connections from'));
      assert.ok(shown.length > 0);
      for (const { text } of shown) assert.ok(printed.includes(text), printed);
    });
  }
});

describe('docs/library.md', () => {
  const { blocks } = readMarkdown('docs/library.md');
  for (const [index, { mark, line, text: code }] of blocks.entries()) {
    if (mark !== 'runnable') continue;
    it(`shows at line ${line} a program that prints what stands there`, () => {
      const printed = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
        cwd: root,
        encoding: 'utf8',
      });
      assert.equal(printed, blocks[index + 1]?.text);
    });
  }
});
