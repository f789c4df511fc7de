import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { stringify } from 'yaml';
import { jsonSchema } from '../../../src/config/json-schema.js';
import { ConfigError, loadConfig } from '../../../src/config/load.js';
import { formatReport } from '../../../src/config/report.js';
import { configSchema } from '../../../src/config/schema/config.js';
import { keysOf } from '../../../src/config/schema/walk.js';
import { canonicalJson } from '../../../src/config/digest.js';
import { looksSecret } from '../../../src/config/secret-keys.js';

const CANARY = 'canary';

/** Keys that must stand beside a secret for the file to be valid; a new secret key needs a line here. */
const BESIDE: Record<string, object> = {
  'ha.instances[].password': {
    ha: {
      instances: [{ name: 'vi', interface: 'eth0', vrid: 51, version: 2, addresses: ['192.0.2.10/24'] }],
    },
  },
  'notices[].secret': { notices: [{ name: 'chat', type: 'webhook', url: 'https://chat.example/hook' }] },
  'notices[].password': {
    notices: [
      {
        name: 'post',
        type: 'mail',
        host: 'mail.example',
        from: 'a@b.example',
        to: ['c@d.example'],
        tls: 'required',
        username: 'a',
      },
    ],
  },
  'services[].check.basic_auth.password': {
    services: [
      { name: 'web', address: '127.0.0.1:80', check: { type: 'http', basic_auth: { username: 'probe' } } },
    ],
  },
  'services[].checks[].basic_auth.password': {
    services: [
      { name: 'web', address: '127.0.0.1:80', checks: [{ type: 'http', basic_auth: { username: 'probe' } }] },
    ],
  },
  'services[].check.password': {
    services: [{ name: 'db', address: '127.0.0.1:80', check: { type: 'redis' } }],
  },
  'services[].checks[].password': {
    services: [{ name: 'db', address: '127.0.0.1:80', checks: [{ type: 'redis' }] }],
  },
};

for (const [path, check] of [
  ['basic_auth.password', { type: 'http', basic_auth: { username: 'probe' } }],
  ['password', { type: 'redis' }],
] as const) {
  const tracked = { name: 'local', address: '127.0.0.1:80', check };
  BESIDE[`ha.instances[].track.checks[].check.${path}`] = {
    ha: {
      instances: [
        {
          name: 'vi',
          interface: 'eth0',
          vrid: 51,
          addresses: ['192.0.2.10/24'],
          track: { checks: [tracked] },
        },
      ],
    },
  };
}

const secretPaths = keysOf(configSchema)
  .filter((key) => key.secret)
  .map((key) => key.path);

/** A document in which `value` stands at a path of the schema; list entries are the first. */
function documentWith(path: string, value: string): unknown {
  const root = structuredClone(BESIDE[path] ?? {}) as Record<string, unknown>;
  const steps = path.replaceAll('[]', '.0').split('.');
  let at: Record<string, unknown> = root;
  for (const step of steps.slice(0, -1)) at = (at[step] ??= {}) as Record<string, unknown>;
  at[steps.at(-1) ?? ''] = value;
  return root;
}

async function outputsOf(
  file: string,
  environment: Record<string, string>,
): Promise<{ ok: boolean; text: string }> {
  try {
    const { model, files, digest, warnings } = await loadConfig(file, { environment, hostName: 'here' });
    const text = [
      canonicalJson(model),
      inspect([...files]),
      digest,
      inspect(warnings),
      formatReport(warnings, { color: false }),
    ];
    return { ok: true, text: text.join('\n') };
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return {
      ok: false,
      text: [
        inspect(error, { depth: 9 }),
        JSON.stringify(error.problems),
        error.report({ color: true }),
      ].join('\n'),
    };
  }
}

describe('secrets', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lvsd-secrets-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function write(name: string, text: string): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, text);
    return file;
  }

  it('are all known to this test', () => {
    assert.deepEqual([...secretPaths].sort(), Object.keys(BESIDE).sort());
  });

  for (const path of secretPaths) {
    it(`are taken from a variable and shown nowhere: ${path}`, async () => {
      const file = await write('variable.yaml', stringify(documentWith(path, '${CANARY}')));
      const { ok, text } = await outputsOf(file, { CANARY });
      assert.ok(ok, text);
      assert.ok(!text.includes(CANARY), text);
      const { model } = await loadConfig(file, { environment: { CANARY }, hostName: 'here' });
      assert.ok(JSON.stringify(model).includes(CANARY), 'the checker needs the value');
    });

    it(`are refused in the file and blanked in the refusal: ${path}`, async () => {
      for (const [index, value] of [CANARY, `\${NONE:-${CANARY}}`, `${CANARY}\${EMPTY:-}`].entries()) {
        const { ok, text } = await outputsOf(
          await write(`literal-${index}.yaml`, stringify(documentWith(path, value))),
          {},
        );
        assert.ok(!ok);
        assert.match(text, /secret-literal/);
        assert.ok(!text.includes(CANARY), text);
      }
    });

    it(`are blanked when other things on their lines are wrong: ${path}`, async () => {
      const flow = JSON.stringify(documentWith(path, CANARY));
      const key = path.split('.').at(-1) ?? '';
      const variants = [
        flow.replace(`"${key}"`, `"sheduler": 1, "${key}"`),
        flow.replace('"name"', '"nmae"'),
        flow.slice(0, -1),
        `${flow}\n}`,
        `x: &a ${CANARY}\n${stringify(documentWith(path, 'ALIAS')).replace('ALIAS', '*a')}`,
        `${key}: |\n  ${CANARY}\nservices: [`,
        `- ${key}:\n    ${CANARY}\n   - bad`,
        `${key}=${CANARY}\n: :\n`,
        `? ${key}\n: ${CANARY}\n`,
        `${key.slice(0, -2)}${key.slice(-1)}: ${CANARY}\n`,
        `my_${key}: ${CANARY}\n`,
        `${key}: [${CANARY}, ${CANARY}]\n`,
        `${key}: "${CANARY}\n`,
      ];
      for (const [index, variant] of variants.entries()) {
        const { ok, text } = await outputsOf(await write(`wrong-${index}.yaml`, variant), {});
        assert.ok(!ok, variant);
        assert.ok(!text.includes(CANARY), `${variant}\n${text}`);
      }
    });

    it(`do not change the digest: ${path}`, async () => {
      const file = await write('digest.yaml', stringify(documentWith(path, '${CANARY}')));
      const [first, second] = await Promise.all(
        ['one', 'two'].map(
          async (value) =>
            (await loadConfig(file, { environment: { CANARY: value }, hostName: 'here' })).digest,
        ),
      );
      assert.equal(first, second);
    });
  }

  it('are blanked where they stand at the wrong place', async () => {
    const variants = [
      `basic_auth: "probe:${CANARY}"`,
      `basic_auth: { username: "probe:${CANARY}", password: "\${EMPTY:-}" }`,
      `basic_auth: { username: "probe:\${CANARY}", password: "\${CANARY}" }`,
      `basic_auth: { username: probe, password ${CANARY} }`,
      `basic_auth: { username: probe, password:${CANARY} }`,
      `basic_auth: { username: probe, password:\n    ${CANARY} }`,
      `headers: { Authorization: "Basic ${CANARY}" }`,
    ];
    for (const [index, variant] of variants.entries()) {
      const flow = `services:\n  - name: web\n    address: 192.0.2.10:80\n    check: { type: http, ${variant} }\n`;
      const { ok, text } = await outputsOf(await write(`place-${index}.yaml`, flow), { CANARY });
      assert.ok(!ok, variant);
      assert.ok(!text.includes(CANARY), `${variant}\n${text}`);
    }
    const block = `basic_auth:\n  username: probe\n  password ${CANARY}\n`;
    assert.ok(!(await outputsOf(await write('block.yaml', block), {})).text.includes(CANARY));
    const late = `a: { b: c, ${' '.repeat(5000)} password: ${CANARY} ]\n`;
    assert.ok(!(await outputsOf(await write('late.yaml', late), {})).text.includes(CANARY));
  });

  it('are read from a file, without its last line end, and shown nowhere', async () => {
    await write('probe.password', `${CANARY}\n`);
    await chmod(join(folder, 'probe.password'), 0o600);
    const document = {
      services: [
        {
          name: 'web',
          address: '127.0.0.1:80',
          check: { type: 'https', basic_auth: { username: 'probe', password_file: 'probe.password' } },
        },
      ],
    };
    const file = await write('file.yaml', stringify(document));
    const { ok, text } = await outputsOf(file, {});
    assert.ok(ok, text);
    assert.ok(!text.includes(CANARY));
    const check = (await loadConfig(file, { environment: {}, hostName: 'here' })).model.services[0]
      ?.checks[0];
    assert.equal(check?.type === 'https' ? check.basicAuth?.password : null, CANARY);
  });

  it('warn when everybody can read their file', async () => {
    await write('open.password', `${CANARY}\n`);
    await chmod(join(folder, 'open.password'), 0o644);
    const auth = '{ username: probe, password_file: open.password }';
    const file = await write(
      'open.yaml',
      `services:\n  - { name: web, address: "127.0.0.1:80", servers: ["127.0.0.1:81"], check: { type: http, basic_auth: ${auth} } }\n`,
    );
    const { warnings } = await loadConfig(file, { environment: {}, hostName: 'here', dataplane: 'proxy' });
    assert.deepEqual(
      warnings.map((warning) => warning.rule),
      ['password-file-mode'],
    );
  });

  it('are refused from files that hold none', async () => {
    const bad = { 'empty.password': '', 'lines.password': 'one\ntwo\n', 'large.password': 'x'.repeat(5000) };
    for (const [name, content] of Object.entries(bad)) {
      await write(name, content);
      const auth = `{ username: probe, password_file: ${name} }`;
      const file = await write(
        'bad.yaml',
        `services:\n  - { name: web, address: "127.0.0.1:80", check: { type: http, basic_auth: ${auth} } }\n`,
      );
      assert.match((await outputsOf(file, {})).text, /password-file/);
    }
  });

  it('are not in the JSON Schema but marked there', () => {
    const marked = new Set<string>();
    JSON.stringify(jsonSchema(), (name, value: unknown) => {
      if (typeof value === 'object' && value !== null && 'secret' in value && value.secret === true)
        marked.add(name);
      return value;
    });
    assert.deepEqual(
      [...marked].sort(),
      [...new Set(secretPaths.map((path) => path.split('.').at(-1)))].sort(),
    );
  });

  it('are told from keys that only sound like it', () => {
    assert.deepEqual(
      ['password', 'passwrod', 'api_token', 'password_file', 'path', 'pools'].map(looksSecret),
      [true, true, true, false, false, false],
    );
  });
});
