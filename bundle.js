/**
 * Makes the installed `lvsd` of few files, with the packages that it needs: Node finds, reads and links every module on its own,
 * and there are a thousand of them. Run by `npm run build`.
 *
 *   dist/lvsd/main.js       the program; what only some commands need is in files beside it
 *   dist/lvsd/lvsd-vrrp.js  the process for VRRP, in one file: it shares nothing with the program, whose parts it would load
 *   dist/lvsd/NOTICES.txt   whose packages are in these files, with their licences
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleOptions } from './bundle-options.js';

const folder = 'dist/lvsd';

rmSync(folder, { recursive: true, force: true });
const options = {
  ...bundleOptions,
  outdir: folder,
  // There is less to read; names stay, for stack traces.
  minifyWhitespace: true,
  metafile: true,
};
const builds = [
  // The demo's server is a process of its own.
  await build({
    ...options,
    entryPoints: { main: 'src/cli/main.ts', server: 'src/demo/server.ts' },
    splitting: true,
  }),
  await build({ ...options, entryPoints: { 'lvsd-vrrp': 'src/ha/lvsd-vrrp.ts' } }),
];
const packages = new Set(builds.flatMap(({ metafile }) => Object.keys(metafile.inputs).flatMap(packageOf)));
writeFileSync(join(folder, 'NOTICES.txt'), [...packages].sort().map(noticeOf).join('\n'));

/** The folder of the package that a file belongs to; none for lvsd's own. */
function packageOf(file) {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [];
}

function noticeOf(path) {
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const file = readdirSync(path).find((each) => /^licen[cs]e/i.test(each));
  const text =
    file === undefined ? 'The package brings no text of it.' : readFileSync(join(path, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}
