/** Counted nouns in messages: `1 server`, `3 servers`. For nouns whose plural is made with an s. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
