/** Reads the parts of our own Markdown files that tests hold against the program. Not a general parser. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface CodeBlock {
  /** The file, relative to the root of the project. */
  readonly file: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  /** What follows the language on the fence: `fragment`, `by-hand`, or empty. */
  readonly mark: string;
  readonly text: string;
}

export interface MarkdownFile {
  /** Relative to the root of the project. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly CodeBlock[];
  /** The text without its code blocks. */
  readonly prose: string;
}

/** One of our files, by its path from the root of the project. */
export function readMarkdown(path: string): MarkdownFile {
  const text = readFileSync(join(root, path), 'utf8');
  const blocks: CodeBlock[] = [];
  const prose: string[] = [];
  let open: { readonly line: number; readonly info: string; readonly lines: string[] } | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    if (!line.startsWith('```')) (open?.lines ?? prose).push(line);
    else if (open === null) open = { line: index + 1, info: line.slice(3).trim(), lines: [] };
    else {
      const [language = '', mark = ''] = open.info.split(' ');
      blocks.push({ file: path, line: open.line, language, mark, text: `${open.lines.join('\n')}\n` });
      open = null;
    }
  }
  return { path, text, blocks, prose: prose.join('\n') };
}

/** Every Markdown file of the project: those of the root and of docs/. */
export function readAllMarkdown(): MarkdownFile[] {
  return ['.', 'docs']
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.md'))
    .sort()
    .map((path) => readMarkdown(relative('.', path)));
}

/** The anchors of the file's headings, as GitHub makes them. */
export function anchorsOf({ prose }: MarkdownFile): string[] {
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Targets of the file's links, those to other sites left out. */
export function linksOf({ prose }: MarkdownFile): string[] {
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The rows of all tables of the file, each as its cells. */
export function tableRows({ prose }: MarkdownFile): string[][] {
  return prose
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\s:-]+$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}
