/** Holds README and docs against the program: what they name exists, what exists is named, what they show runs. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { loadSchedulerModule } from '../src/dataplane/proxy/scheduler-module.js';
import { API_ERRORS } from '../src/api/errors.js';
import { ENDPOINTS } from '../src/api/endpoints.js';
import { completionTree } from '../src/cli/completion/tree.js';
import { processContext } from '../src/cli/terminal.js';
import { createProgram } from '../src/cli/program.js';
import { statusView } from '../src/cli/status-view.js';
import { loadConfig, memorySource } from '../src/config/load.js';
import { Metrics } from '../src/metrics/metrics.js';
import type { Snapshot } from '../src/model/snapshot.js';
import { schedulerFlagsOf, schedulerNames } from '../schedulers/index.js';
import { controllerFigures, type ControllerResult } from '../bench/controller/readme.js';
import { healthFigures, type HealthResult } from '../bench/health/readme.js';
import { readmeBlock } from '../bench/support/readme-block.js';
import { FakeClock } from './support/fake-clock.js';
import { anchorsOf, linksOf, readAllMarkdown, readMarkdown, tableRows } from './support/markdown.js';
import { snapshot } from './support/snapshots.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = readAllMarkdown();
const manual = files.filter(({ path }) => path === 'README.md' || path.startsWith('docs/'));
const manualText = manual.map(({ text }) => text).join('\n');

/** The `name`s in backticks in the first cell of every row of these tables. */
function firstCells(path: string): string[][] {
  return tableRows(readMarkdown(path)).map(([first = '']) =>
    [...first.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
}

function sourceText(): string {
  return ['src', 'schedulers', 'native']
    .flatMap((folder) => readdirSync(join(root, folder), { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}

describe('docs/errors.md', () => {
  it('has every error code of the sources, once, and no other', () => {
    const quoted = [...sourceText().matchAll(/'(ERR_[A-Z0-9_]+)'|\b(ERR_API_[A-Z_]+):/g)];
    const codes = new Set(quoted.map(([, literal, key]) => literal ?? key ?? ''));
    // Node's own, which the API turns into one of ours.
    codes.delete('ERR_HTTP_REQUEST_TIMEOUT');
    const documented = firstCells('docs/errors.md').flat();
    assert.deepEqual(documented.sort(), [...codes].sort());
  });

  it('gives the status with which an API error travels', () => {
    const rows = tableRows(readMarkdown('docs/errors.md'));
    for (const [code, { status }] of Object.entries(API_ERRORS)) {
      // A follower's refusal comes as a line of an answer that has its status already.
      if (status === null || code === 'ERR_API_SLOW_CONSUMER') continue;
      assert.equal(rows.find(([first]) => first === `\`${code}\``)?.[1], String(status), code);
    }
  });

  it('is the only place that other pages take codes from', () => {
    const documented = firstCells('docs/errors.md').flat();
    for (const { path, text } of manual) {
      for (const [code] of text.matchAll(/\bERR_[A-Z0-9_]*[A-Z]\b/g)) {
        assert.ok(documented.includes(code), `${path}: ${code}`);
      }
    }
  });
});

async function exposedFamilies(): Promise<Map<string, string>> {
  let text = '';
  for await (const chunk of new Metrics({ clock: new FakeClock() }).write(snapshot())) text += chunk;
  return new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
}

describe('docs/metrics.md', () => {
  it('has every family with its type, and no other', async () => {
    const rows = tableRows(readMarkdown('docs/metrics.md')).filter(
      ([name]) => name?.startsWith('`') === true,
    );
    const documented = rows.map(([name = '', type = '']) => [name.replaceAll('`', ''), type]);
    assert.deepEqual(documented.sort(), [...(await exposedFamilies())].sort());
  });

  it('lists, like all pages, no family that is not there', async () => {
    const families = await exposedFamilies();
    for (const [name] of manualText.matchAll(/\blvsd_[a-z_]+[a-z]\b/g)) {
      assert.ok(families.has(name) || families.has(name.replace(/_(bucket|sum|count)$/, '')), name);
    }
  });
});

describe('docs/commands.md and all that is said of commands', () => {
  const never = (): Promise<never> => Promise.reject(new Error('not in a test'));
  const program = createProgram(processContext(), {
    runDirector: never,
    planAlone: never,
    applyAlone: never,
    makeReport: never,
    runDemo: never,
  });
  const commands = completionTree(program);

  it('has a row for every command, with its very options', () => {
    const rows = tableRows(readMarkdown('docs/commands.md')).slice(1);
    const documented = rows.map(([call = '', options = '']) => [
      /lvsd ([a-z]+)/.exec(call)?.[1],
      [...options.matchAll(/`(--[a-z-]+)/g)].map(([, option = '']) => option).sort(),
    ]);
    const existing = commands.map(({ name, options }) => [
      name,
      options
        .flatMap(({ names }) => names.slice(0, 1))
        .filter((long) => long !== '--help')
        .sort(),
    ]);
    assert.deepEqual(documented, existing);
  });

  it('has no command and no option that is not there', () => {
    for (const [call, name = '', words = ''] of manualText.matchAll(
      /\blvsd ([a-z]+)((?: +[^\s`;,()|]+)*)/g,
    )) {
      const command = commands.find((candidate) => candidate.name === name);
      for (const [option] of words.matchAll(/(?<= )--?[a-z][a-z-]*/g)) {
        const known = command?.options.some(({ names }) => names.includes(option));
        assert.ok(known, `${call}: no option ${option}`);
      }
    }
    for (const [, name = ''] of manualText.matchAll(/`lvsd ([a-z]+)/g)) {
      assert.ok(
        commands.some((candidate) => candidate.name === name),
        `lvsd ${name}`,
      );
    }
  });
});

describe('docs/schedulers.md', () => {
  it('has every scheduler and every flag', () => {
    const named = firstCells('docs/schedulers.md').flat();
    for (const name of schedulerNames) {
      assert.ok(named.includes(name), name);
      for (const flag of schedulerFlagsOf(name)) assert.ok(named.includes(flag), flag);
    }
  });

  it('shows a custom scheduler that the director would load', async () => {
    const block = readMarkdown('docs/schedulers.md').blocks.find(({ language }) => language === 'js');
    assert.ok(block);
    const url = `data:text/javascript,${encodeURIComponent(block.text)}`;
    const shown = (await import(url)) as { default: (options: object) => Record<string, unknown> };
    const example = await loadSchedulerModule(join(root, 'etc/schedulers/first-usable.js'));
    assert.deepEqual(Object.keys(shown.default({})).sort(), Object.keys(example.create({})).sort());
  });
});

describe('docs/api.md', () => {
  it('has every endpoint, and whether TCP answers it', () => {
    const rows = tableRows(readMarkdown('docs/api.md'));
    const documented = rows
      .map(([request = '', onTcp = '']) => [/^`((?:GET|POST) [^`?]+)/.exec(request)?.[1], onTcp])
      .filter(([request]) => request !== undefined);
    const served = Object.values(ENDPOINTS).map(({ method, path, onTcp }) => [
      `${method} ${path}`,
      onTcp ? 'yes' : 'no',
    ]);
    assert.deepEqual(documented.sort(), served.sort());
  });

  it('names the fields of the status', () => {
    const { text } = readMarkdown('docs/api.md');
    const [service] = snapshot().services;
    const [server] = service?.servers ?? [];
    const fields = [...Object.keys(snapshot()), ...Object.keys(service ?? {}), ...Object.keys(server ?? {})];
    for (const field of fields) assert.ok(new RegExp(`\`${field}(\\[\\])?\``).test(text), field);
  });
});

describe('YAML in the docs', () => {
  const blocks = manual.flatMap((file) => file.blocks).filter(({ language }) => language === 'yaml');

  it('is accepted by the loader, without a warning, where it is a whole file', async () => {
    const whole = blocks.filter(({ mark }) => mark !== 'fragment');
    assert.ok(whole.length >= 3);
    for (const { file, line, text } of whole) {
      const source = memorySource(new Map([['/doc.yaml', text]]));
      const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name);
      const environment = Object.fromEntries(names.map((name) => [name, 'secret']));
      const { warnings } = await loadConfig('/doc.yaml', { environment, hostName: 'doc', source });
      assert.deepEqual(warnings, [], `${file}:${line}`);
    }
  });

  it('is YAML where it is a fragment', () => {
    for (const { text } of blocks.filter(({ mark }) => mark === 'fragment'))
      assert.doesNotThrow(() => parse(text));
  });
});

describe('links', () => {
  for (const file of files) {
    it(`of ${file.path} lead to files and headings that exist`, () => {
      for (const link of linksOf(file)) {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? file.path : relative('.', join(dirname(file.path), path));
        assert.ok(existsSync(join(root, target)), `${file.path}: ${link}`);
        if (anchor !== undefined) {
          assert.ok(anchorsOf(readMarkdown(target)).includes(anchor), `${file.path}: ${link}`);
        }
      }
    });
  }
});

describe('the status in the README', () => {
  it('is what the program prints for that state of the demo', () => {
    const file = join(root, 'test/golden/status/demo-server-killed.json');
    const state = JSON.parse(readFileSync(file, 'utf8')) as Snapshot;
    const nowMs = state.director.startedAtMs + 8_100;
    const printed = `${statusView(state, { color: false, nowMs, rates: null, width: null }).join('\n')}\n`;
    const shown = readMarkdown('README.md').blocks.find(({ text }) => text.startsWith('demo  lvsd'));
    assert.equal(shown?.text, printed);
  });
});

interface SchedulerBench {
  readonly environment: Readonly<Record<'commit' | 'node' | 'cpu' | 'kernel', string>>;
  readonly figures: readonly {
    readonly scheduler: string;
    readonly family: number;
    readonly servers: number;
    readonly millionPicksPerSecond: number;
  }[];
}

describe('figures in the README', () => {
  const readme = readMarkdown('README.md');
  const raw = JSON.parse(readFileSync(join(root, 'bench/results/schedulers.json'), 'utf8')) as SchedulerBench;

  it('are those of the raw file', () => {
    for (const name of schedulerNames) {
      const figures = [3, 10, 100, 1000].map((servers) =>
        raw.figures.find((one) => one.scheduler === name && one.family === 4 && one.servers === servers),
      );
      const cells = figures.map((figure) => figure?.millionPicksPerSecond.toFixed(1));
      assert.ok(
        readme.text.includes(`| ${name} | ${cells.join(' | ')} |`),
        `| ${name} | ${cells.join(' | ')} |`,
      );
    }
  });

  it('of the comparison with HAProxy are those of its raw file', () => {
    const { environment, peer, medianRatio } = JSON.parse(
      readFileSync(join(root, 'bench/results/proxy.json'), 'utf8'),
    ) as { environment: { commit: string }; peer: string; medianRatio: number };
    const version = /version ([\d.]+)/.exec(peer)?.[1] ?? 'no version';
    for (const fact of [environment.commit, version, `${medianRatio.toFixed(2)} of HAProxy's efficiency`])
      assert.ok(readme.text.includes(fact), fact);
  });

  it('of the director are what bench/controller makes of its raw file, none before it has run', () => {
    const file = join(root, 'bench/results/controller.json');
    const expected = existsSync(file)
      ? controllerFigures(JSON.parse(readFileSync(file, 'utf8')) as ControllerResult)
      : [''];
    assert.deepEqual(readmeBlock('controller'), expected);
  });

  it('of health checking are what bench/health makes of its raw file, none before it has run', () => {
    const file = join(root, 'bench/results/health.json');
    const expected = existsSync(file)
      ? healthFigures(JSON.parse(readFileSync(file, 'utf8')) as HealthResult)
      : [''];
    assert.deepEqual(readmeBlock('health'), expected);
  });

  it('name commit, Node.js, processor and kernel of the run', () => {
    const { commit, node, cpu, kernel } = raw.environment;
    for (const fact of [commit, node, cpu, kernel]) assert.ok(readme.text.includes(fact), fact);
  });
});
