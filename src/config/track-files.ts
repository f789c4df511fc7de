/** Files that tracked checks name. */
import { readCheckFiles, type CheckFiles } from './check-files.js';
import type { HaDraft, Spot } from './draft.js';
import type { Inputs } from './inputs.js';
import type { Verdicts } from './rules/rule.js';

/** What the files of tracked checks hold: by instance, by check, in the order of the file. */
export type TrackFiles = readonly (readonly CheckFiles[])[];

/** Reads and judges them. Never rejects. */
export async function readTrackFiles(ha: HaDraft, inputs: Inputs, verdicts: Verdicts): Promise<TrackFiles> {
  const files: CheckFiles[][] = [];
  for (const [index, { track }] of ha.config.instances.entries()) {
    const spot: Spot = { file: ha.spot.file, path: [...ha.spot.path, 'instances', index] };
    const read: CheckFiles[] = [];
    for (const [entry, { check }] of (track?.checks ?? []).entries())
      read.push(await readCheckFiles(check, ['track', 'checks', entry, 'check'], spot, inputs, verdicts));
    files.push(read);
  }
  return files;
}
