/** Makes mutants of a source text: every comparison and every integer changed, one at a time. */
import ts from 'typescript';

export type MutantKind = 'comparison' | 'step' | 'literal';

export interface Mutant {
  /** File name inside schedulers/. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The source line, trimmed. */
  readonly lineText: string;
  /** `comparison` and `step` (an operator or operand of ± 1, ++, --) decide; a `literal` is any other integer. */
  readonly kind: MutantKind;
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

  function replace({ node, replacement, kind }: Change): void {
    const start = node.getStart(tree);
    const { line } = tree.getLineAndCharacterOfPosition(start);
    mutants.push({
      file,
      line: line + 1,
      lineText: (lines[line] ?? '').trim(),
      kind,
      change: `${node.getText(tree)} to ${replacement}`,
      source: source.slice(0, start) + replacement + source.slice(node.getEnd()),
    });
  }

  function visit(node: ts.Node): void {
    if (ts.isTypeNode(node)) return;
    for (const change of changesOf(node)) replace(change);
    ts.forEachChild(node, visit);
  }

  visit(tree);
  return mutants;
}

interface Change {
  readonly node: ts.Node;
  readonly replacement: string;
  readonly kind: MutantKind;
}

function changesOf(node: ts.Node): Change[] {
  if (ts.isBinaryExpression(node)) return binaryChanges(node);
  if (ts.isNumericLiteral(node)) return literalChanges(node);
  if (ts.isPostfixUnaryExpression(node)) {
    const operand = node.operand.getText();
    const swapped = node.operator === ts.SyntaxKind.PlusPlusToken ? '--' : '++';
    return [{ node, replacement: `${operand}${swapped}`, kind: 'step' }];
  }
  return ts.isPrefixUnaryExpression(node) ? prefixChanges(node) : [];
}

function binaryChanges({ operatorToken: node, right }: ts.BinaryExpression): Change[] {
  const changes = (COMPARISONS[node.kind] ?? []).map((replacement): Change => ({
    node,
    replacement,
    kind: 'comparison',
  }));
  const replacement = STEPS[node.kind];
  if (replacement !== undefined && right.getText() === '1') changes.push({ node, replacement, kind: 'step' });
  return changes;
}

function prefixChanges(node: ts.PrefixUnaryExpression): Change[] {
  const operand = node.operand.getText();
  if (node.operator === ts.SyntaxKind.PlusPlusToken) {
    return [{ node, replacement: `--${operand}`, kind: 'step' }];
  }
  if (node.operator === ts.SyntaxKind.MinusMinusToken) {
    return [{ node, replacement: `++${operand}`, kind: 'step' }];
  }
  return [];
}

/** One more and one less, in parentheses, since what stands before may be a minus. */
function literalChanges(node: ts.NumericLiteral): Change[] {
  const value = Number(node.text);
  if (!Number.isInteger(value)) return [];
  const kind = isStepOperand(node) ? 'step' : 'literal';
  return [value + 1, value - 1].map((changed) => ({ node, replacement: `(${changed})`, kind }));
}

function isStepOperand(node: ts.NumericLiteral): boolean {
  const { parent } = node;
  return (
    node.text === '1' &&
    ts.isBinaryExpression(parent) &&
    parent.right === node &&
    STEPS[parent.operatorToken.kind] !== undefined
  );
}
