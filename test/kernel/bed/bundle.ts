/**
 * Makes one script of kernel test files: Node takes a second to start in the guest, and a TypeScript loader more.
 *
 * Every file becomes a suite of its own in the one process; a file that throws while it loads fails that suite.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const testFolder = fileURLToPath(new URL('../..', import.meta.url));
const bedFolder = fileURLToPath(new URL('.', import.meta.url));
const reporterSource = fileURLToPath(new URL('completeness-reporter.ts', import.meta.url));
const programSource = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
/** Tests that start lvsd import this file, which looks for it beside their script. */
const programUser = 'test/kernel/support/lvsd-home.ts';
const require = createRequire(import.meta.url);

/** Where a bundle goes; all in one folder. */
export interface BundlePaths {
  /** The tests, a CommonJS file; its argument is the file that names the running test. */
  readonly script: string;
  /** An ES module. */
  readonly reporter: string;
  /** The program lvsd, an ES module; made for tests that start it. From one file it starts twice as fast. */
  readonly program: string;
}

/**
 * @param files absolute paths of `*.kernel.test.ts`
 * @throws Error, with the places, when a file has a syntax error, an import that leads nowhere, or a top-level await
 */
export async function bundleTests(files: readonly string[], paths: BundlePaths): Promise<void> {
  const suites = files.map(
    (file) => `fileSuite(${JSON.stringify(suiteName(file))}, () => require(${JSON.stringify(file)}));`,
  );
  const common = { bundle: true, platform: 'node', target: 'node20', logLevel: 'silent' } as const;
  const { metafile } = await build({
    ...common,
    metafile: true,
    stdin: {
      contents: ["import { fileSuite } from './guest-suite.js';", ...suites].join('\n'),
      resolveDir: bedFolder,
      sourcefile: 'kernel-tests.js',
    },
    outfile: paths.script,
    format: 'cjs',
    sourcemap: 'inline',
    sourcesContent: false,
    plugins: [nativePackages, sourceLocations],
  });
  await build({ ...common, entryPoints: [reporterSource], outfile: paths.reporter, format: 'esm' });
  if (!Object.keys(metafile.inputs).some((input) => input.endsWith(programUser))) return;
  await build({
    ...common,
    entryPoints: [programSource],
    outfile: paths.program,
    format: 'esm',
    minify: true,
    // CommonJS packages ask for Node's modules by this name.
    banner: {
      js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
    },
    plugins: [nativePackages],
  });
}

/** The path below test/. */
function suiteName(file: string): string {
  return relative(testFolder, file);
}

/**
 * A package with a compiled part cannot be bundled, nor can clients of databases, which look for parts that are not there; the
 * script lies outside of the project, so it gets the whole path.
 */
const nativePackages: Plugin = {
  name: 'native-packages',
  setup(builder) {
    builder.onResolve({ filter: /^(koffi|ioredis|mongodb|mysql2|pg)(\/|$)/ }, ({ path }) => ({
      path: require.resolve(path),
      external: true,
    }));
  },
};

/** A test that looks for a file beside itself must find it although it runs from elsewhere. */
const sourceLocations: Plugin = {
  name: 'source-locations',
  setup(builder) {
    builder.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return {
        loader: 'ts',
        contents: text
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
          .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
          .replaceAll('import.meta.filename', JSON.stringify(path)),
      };
    });
  },
};
