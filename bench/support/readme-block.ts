/** Blocks of README that a bench writes: between `<!-- figures NAME -->` and `<!-- end -->`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const readme = fileURLToPath(new URL('../../README.md', import.meta.url));

/** The lines of a block. @throws Error when README has none of that name */
export function readmeBlock(name: string): string[] {
  const text = readFileSync(readme, 'utf8');
  const { begin, end } = placeOf(text, name);
  return text.slice(begin, end).trim().split('\n');
}

export function writeReadmeBlock(name: string, lines: readonly string[]): void {
  const text = readFileSync(readme, 'utf8');
  const { begin, end } = placeOf(text, name);
  writeFileSync(readme, `${text.slice(0, begin)}\n${lines.join('\n')}\n\n${text.slice(end)}`);
  console.log(`README: its figures of ${name} are these`);
}

function placeOf(text: string, name: string): { begin: number; end: number } {
  const mark = `<!-- figures ${name} -->\n`;
  const begin = text.indexOf(mark) + mark.length;
  const end = text.indexOf('<!-- end -->', begin);
  if (begin < mark.length || end === -1) throw new Error(`README has no block ${mark.trim()}`);
  return { begin, end };
}
