/** `{address}`, `{port}` and `{name}` in the words of a check stand for those of the server that is checked. */
export interface PlaceholderValues {
  readonly address: string;
  readonly port: number;
  readonly name: string;
}

/** Puts the values in; other braces stay as they are. */
export function fillPlaceholders(text: string, values: PlaceholderValues): string {
  return text.replaceAll(/\{(address|port|name)\}/g, (_, word: keyof PlaceholderValues) =>
    String(values[word]),
  );
}
