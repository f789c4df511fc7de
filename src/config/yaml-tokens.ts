/** What must be known of a file's tokens before nodes are made of them; without recursion, whatever the depth. */
import type { CST } from 'yaml';

export interface TokenFacts {
  /** Offset of the first token below the depth limit. */
  readonly tooDeepAt: number | null;
  /** Offsets of quotes that are opened and never closed. */
  readonly unclosedQuotes: readonly number[];
}

interface Pending {
  readonly token: CST.Token;
  readonly depth: number;
}

/** Walks all tokens. Never throws. */
export function surveyTokens(tokens: readonly CST.Token[], deepest: number): TokenFacts {
  const unclosedQuotes: number[] = [];
  let tooDeepAt: number | null = null;
  const pending: Pending[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token, depth } = next;
    if (depth > deepest) {
      tooDeepAt = Math.min(tooDeepAt ?? Infinity, 'offset' in token ? token.offset : Infinity);
      continue;
    }
    if (isUnclosedQuote(token)) unclosedQuotes.push(token.offset);
    for (const child of childrenOf(token)) pending.push({ token: child, depth: depth + 1 });
  }
  return { tooDeepAt, unclosedQuotes: unclosedQuotes.sort((a, b) => a - b) };
}

function isUnclosedQuote(token: CST.Token): token is CST.FlowScalar {
  if (token.type !== 'double-quoted-scalar' && token.type !== 'single-quoted-scalar') return false;
  return token.source.length < 2 || !token.source.endsWith(token.source.charAt(0));
}

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  const children: CST.Token[] = [];
  for (const item of token.items) {
    if (item.key) children.push(item.key);
    if (item.value) children.push(item.value);
  }
  return children;
}
