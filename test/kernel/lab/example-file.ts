/** The example files of etc/, with what differs between the directors that share one. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** As far as tests change it. */
export interface ExampleInstance {
  readonly name: string;
  readonly [key: string]: unknown;
}

export interface Example {
  readonly director?: Readonly<Record<string, unknown>>;
  readonly services?: readonly Readonly<Record<string, unknown>>[];
  readonly ha: { readonly instances: readonly ExampleInstance[]; readonly [key: string]: unknown };
}

const folder = fileURLToPath(new URL('../../../etc/', import.meta.url));

/** Of etc/, as it stands there. */
export function exampleFile(name: string): Example {
  return parse(readFileSync(`${folder}${name}`, 'utf8')) as Example;
}

/** The same file with other keys of its instances: what differs from director to director. */
export function withInstances(
  example: Example,
  change: (instance: ExampleInstance) => Readonly<Record<string, unknown>>,
): Example {
  const instances = example.ha.instances.map((instance) => ({ ...instance, ...change(instance) }));
  return { ...example, ha: { ...example.ha, instances } };
}
