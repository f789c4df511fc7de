/** Reads exposition text back, for comparisons that do not mind the order of samples and labels. */

/** `name{a="1",b="2"} 3` with sorted labels, and HELP and TYPE lines as they are; sorted. */
export function sampleLines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (line.startsWith('#') ? line : sortLabels(line)))
    .sort();
}

/** The value of one sample; undefined when there is none. Labels in the order of the text. */
export function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

/** All text of an exposition. */
export async function collect(chunks: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}

function sortLabels(line: string): string {
  const match = /^(\w+)\{(.*)\} (\S+)$/.exec(line);
  if (match === null) return line;
  const [, name = '', inner = '', value = ''] = match;
  const labels = [...inner.matchAll(/\w+="(?:[^"\\]|\\.)*"/g)].map(([label]) => label);
  return `${name}{${labels.sort().join(',')}} ${value}`;
}
