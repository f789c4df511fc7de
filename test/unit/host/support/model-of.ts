import { loadConfig, memorySource } from '../../../../src/config/load.js';
import type { Model } from '../../../../src/model/director.js';

/** The model of a YAML text, as a director would read it. */
export async function modelOf(text: string): Promise<Model> {
  const source = memorySource(new Map([['/lvsd.yaml', text]]));
  return (await loadConfig('/lvsd.yaml', { environment: {}, hostName: 'test', source })).model;
}
