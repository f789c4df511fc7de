/** YAML text to nodes with offsets. Syntax only; our own words for the library's errors, because its own quote the text (and so secrets). */
import { Composer, Parser, type Document, type ParsedNode, type YAMLError } from 'yaml';
import type { Finding, ProblemList } from './problem-list.js';
import { secretRanges } from './secret-ranges.js';
import type { SourceText } from './source-text.js';
import { surveyTokens } from './yaml-tokens.js';

type ParsedDocument = Document.Parsed;

/** Deeper files are bombs: the reference file needs 7 levels. */
export const DEEPEST_NESTING = 50;
/** Told per file; after that, errors follow from one another. */
const MOST_SYNTAX_ERRORS = 20;

const BAD_INDENT: Finding = {
  rule: 'yaml-indent',
  message: 'this line is not indented like its neighbours',
  hint: 'compare the spaces at the start of the lines above',
};

const RULES: Partial<Record<YAMLError['code'], Finding>> = {
  TAB_AS_INDENT: {
    rule: 'yaml-tab',
    message: 'tab character in the indentation',
    hint: 'YAML indents with spaces only',
  },
  BAD_INDENT,
  BLOCK_IN_FLOW: {
    rule: 'yaml-comma',
    message: 'a comma is missing between two entries in { } or [ ]',
    hint: 'a value that contains ": " needs quotes',
  },
  BAD_ALIAS: { rule: 'yaml-anchor', message: 'the name of this anchor or alias is malformed' },
  MULTIPLE_ANCHORS: { rule: 'yaml-anchor', message: 'two anchors on one value' },
  MISSING_CHAR: { rule: 'yaml-unclosed', message: 'a quote, bracket, brace, comma or space is missing here' },
  BAD_DIRECTIVE: { rule: 'yaml-directive', message: 'this directive is malformed' },
  TAG_RESOLVE_FAILED: {
    rule: 'yaml-tag',
    message: 'this tag is not known here',
    hint: 'remove the tag (!...)',
  },
  MULTIPLE_TAGS: { rule: 'yaml-tag', message: 'two tags on one value' },
  BAD_DQ_ESCAPE: {
    rule: 'yaml-escape',
    message: 'unknown escape sequence in a double-quoted text',
    hint: 'write \\\\ for a backslash, or use single quotes',
  },
  BAD_SCALAR_START: {
    rule: 'yaml-quote',
    message: 'a plain text cannot start with this character',
    hint: 'write the value in double quotes',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    rule: 'yaml-nested',
    message: 'a second "key: value" on one line',
    hint: 'start a new line, or quote the value if it contains ": "',
  },
  MULTILINE_IMPLICIT_KEY: {
    rule: 'yaml-key',
    message: 'this line is no "key: value"',
    hint: 'is a colon missing?',
  },
  KEY_OVER_1024_CHARS: { rule: 'yaml-key', message: 'a key longer than 1024 characters' },
};

const SECOND_DOCUMENT: Finding = {
  rule: 'yaml-documents',
  message: 'a second document starts here',
  hint: 'one file holds one document; move the rest into a file of its own and use include',
};

const OLD_YAML: Finding = {
  rule: 'yaml-directive',
  message: 'the directive asks for YAML 1.1, lvsd reads YAML 1.2',
  hint: 'remove the line',
};

const UNCLOSED_QUOTE: Finding = { rule: 'yaml-unclosed', message: 'this quote is never closed' };

const UNCLOSED_BRACKET: Finding = {
  rule: 'yaml-unclosed',
  message: 'a [ or { above is not closed before this line',
};

const OTHER: Finding = {
  rule: 'yaml-syntax',
  message: 'this cannot be read as YAML here',
  hint: 'look for a missing colon, quote or bracket; values with { } [ ] : # or % need quotes',
};

/**
 * Parses one document: YAML 1.2, core schema.
 *
 * Duplicate keys, tags and aliases are left to the reader of the tree, which does it in linear time.
 *
 * @returns the root node; null when the file is empty, and when there were problems (then they are in `problems`)
 */
export function parseYaml(source: SourceText, problems: ProblemList): ParsedNode | null {
  const tokens = [...new Parser().parse(source.text)];
  const facts = surveyTokens(tokens, DEEPEST_NESTING);
  if (facts.tooDeepAt !== null) {
    addAt(source, problems, facts.tooDeepAt, {
      rule: 'yaml-too-deep',
      message: `nested deeper than ${DEEPEST_NESTING} levels`,
    });
    return null;
  }
  const composer = new Composer({ version: '1.2', schema: 'core', uniqueKeys: false, prettyErrors: false });
  const documents = [...composer.compose(tokens, true, source.text.length)];
  const found = [...syntaxFindings(documents, facts.unclosedQuotes), ...documentFindings(documents)];
  source.hide(secretRanges(documents, source.text, found.length > 0));
  for (const { offset, finding } of onePerLine(source, found)) addAt(source, problems, offset, finding);
  return found.length > 0 ? null : (documents[0]?.contents ?? null);
}

interface PlacedFinding {
  readonly offset: number;
  readonly finding: Finding;
}

function syntaxFindings(
  documents: readonly ParsedDocument[],
  unclosedQuotes: readonly number[],
): PlacedFinding[] {
  // The library reports a quote that is never closed at the end of the file, where nobody looks.
  const [quote] = unclosedQuotes;
  const errors = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  const found = errors
    .map((error) => ({ offset: error.pos[0], finding: findingFor(error) }))
    .filter(({ offset }) => quote === undefined || offset < quote);
  return quote === undefined ? found : [...found, { offset: quote, finding: UNCLOSED_QUOTE }];
}

function findingFor({ code, message }: YAMLError): Finding {
  if (code === 'BAD_INDENT' && message.startsWith('Flow')) return UNCLOSED_BRACKET;
  if (code === 'MISSING_CHAR' && message.startsWith('Sequence item')) return BAD_INDENT;
  return RULES[code] ?? OTHER;
}

function documentFindings(documents: readonly ParsedDocument[]): PlacedFinding[] {
  const found: PlacedFinding[] = [];
  const second = documents[1];
  if (second !== undefined) found.push({ offset: second.range[0], finding: SECOND_DOCUMENT });
  // YAML 1.1 reads `no` as false and 1:20 as 80; the rest of this file would not mean what it says.
  if (documents[0]?.directives.yaml.version === '1.1') found.push({ offset: 0, finding: OLD_YAML });
  return found;
}

/** Errors on one line follow from its first; so does the indentation below a tab. */
function onePerLine(source: SourceText, found: readonly PlacedFinding[]): PlacedFinding[] {
  const lines = new Set<number>();
  const sorted = [...found].sort((a, b) => a.offset - b.offset);
  const tab = sorted.find(({ finding }) => finding.rule === 'yaml-tab');
  const first = sorted
    .filter(({ offset, finding }) => tab === undefined || offset <= tab.offset || finding !== BAD_INDENT)
    .filter(({ offset }) => {
      const { line } = source.position(offset);
      return !lines.has(line) && lines.add(line);
    });
  return first.slice(0, MOST_SYNTAX_ERRORS);
}

function addAt(source: SourceText, problems: ProblemList, offset: number, finding: Finding): void {
  const start = visibleOffset(source.text, offset, finding.rule === 'yaml-tab');
  const range = { start, end: start + 1 };
  problems.add(
    { source, range, path: '' },
    { ...finding, hint: lineHint(source, start) ?? finding.hint ?? null },
  );
}

/** An error at the very end belongs to the last line that has text, one in the indentation to the text behind it. */
function visibleOffset(text: string, offset: number, isIndentation: boolean): number {
  const start = Math.min(offset, Math.max(0, text.trimEnd().length - 1));
  const isFirst = text.slice(text.lastIndexOf('\n', start - 1) + 1, start).trim() === '';
  if (isIndentation || !isFirst) return start;
  return start + (/^ */.exec(text.slice(start, start + 200))?.[0].length ?? 0);
}

/** What is most often meant on such a line. */
function lineHint(source: SourceText, offset: number): string | null {
  const lineStart = source.text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = source.text.indexOf('\n', offset);
  const line = source.text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd).slice(0, 1000);
  if (/[^"'][[][0-9a-f:.]+\]:\d/i.test(line)) return 'write an IPv6 endpoint in quotes: "[2001:db8::10]:80"';
  if (/^(?:<{7}|={7}|>{7})(?: |$)/.test(line))
    return 'these are the marks of a conflict: merge the file first';
  if (/^ *-[^\s-]/.test(line)) return 'write a space after the dash';
  if (/\{.*\$\{/.test(line)) return 'write a variable inside { } or [ ] in quotes: "${NAME}"';
  return null;
}
