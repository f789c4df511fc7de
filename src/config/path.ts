/** Paths in a configuration document. */
import { quote } from './quote.js';

export type Path = readonly (string | number)[];

/** `services[0].check.path`; a key that is no plain word is quoted: `pools["web a"]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[A-Za-z_][\w-]*$/.test(step)) text += `[${quote(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}
