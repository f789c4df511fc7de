/** Makes mutants of a source text: every comparison and every integer changed, one at a time. */
import ts from 'typescript';

export interface Mutant {
  /** File name inside schedulers/. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The source line, trimmed. */
  readonly lineText: string;
  /** What changed, as `< to <=`. */
  readonly change: string;
  /** The whole mutated source. */
  readonly source: string;
}

/** To the neighbour (which differs only on equality) and to the opposite. */
const COMPARISONS: Readonly<Partial<Record<ts.SyntaxKind, readonly string[]>>> = {
  [ts.SyntaxKind.LessThanToken]: ['<=', '>'],
  [ts.SyntaxKind.LessThanEqualsToken]: ['<', '>='],
  [ts.SyntaxKind.GreaterThanToken]: ['>=', '<'],
  [ts.SyntaxKind.GreaterThanEqualsToken]: ['>', '<='],
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: ['!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: ['==='],
};

const STEPS: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.PlusToken]: '-',
  [ts.SyntaxKind.MinusToken]: '+',
};

/** All mutants of one file, in the order of their place. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const lines = source.split('\n');
  const mutants: Mutant[] = [];

  function replace(node: ts.Node, replacement: string): void {
    const start = node.getStart(tree);
    const { line } = tree.getLineAndCharacterOfPosition(start);
    mutants.push({
      file,
      line: line + 1,
      lineText: (lines[line] ?? '').trim(),
      change: `${node.getText(tree)} to ${replacement}`,
      source: source.slice(0, start) + replacement + source.slice(node.getEnd()),
    });
  }

  function visit(node: ts.Node): void {
    if (ts.isTypeNode(node)) return;
    for (const [target, replacement] of changesOf(node)) replace(target, replacement);
    ts.forEachChild(node, visit);
  }

  visit(tree);
  return mutants;
}

function changesOf(node: ts.Node): [target: ts.Node, replacement: string][] {
  if (ts.isBinaryExpression(node)) return binaryChanges(node);
  if (ts.isNumericLiteral(node)) return literalChanges(node);
  if (ts.isPostfixUnaryExpression(node)) {
    const operand = node.operand.getText();
    return [[node, node.operator === ts.SyntaxKind.PlusPlusToken ? `${operand}--` : `${operand}++`]];
  }
  if (ts.isPrefixUnaryExpression(node)) return prefixChanges(node);
  return [];
}

function binaryChanges(node: ts.BinaryExpression): [ts.Node, string][] {
  const token = node.operatorToken;
  const comparisons = COMPARISONS[token.kind] ?? [];
  const changes = comparisons.map((replacement): [ts.Node, string] => [token, replacement]);
  const step = STEPS[token.kind];
  if (step !== undefined && node.right.getText() === '1') changes.push([token, step]);
  return changes;
}

function prefixChanges(node: ts.PrefixUnaryExpression): [ts.Node, string][] {
  const operand = node.operand.getText();
  if (node.operator === ts.SyntaxKind.PlusPlusToken) return [[node, `--${operand}`]];
  if (node.operator === ts.SyntaxKind.MinusMinusToken) return [[node, `++${operand}`]];
  return [];
}

/** One more and one less; parentheses, since `- -1` and `1.toString` would be other things. */
function literalChanges(node: ts.NumericLiteral): [ts.Node, string][] {
  const value = Number(node.text);
  if (!Number.isInteger(value)) return [];
  return [
    [node, `(${value + 1})`],
    [node, `(${value - 1})`],
  ];
}
