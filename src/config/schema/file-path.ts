/** Keys that name a file. */
import { pattern } from './fields.js';

/** Absolute, or relative to the file of the configuration that names it. */
export function filePath() {
  return pattern('bad-path', /^[^\0]+$/, 'a path');
}
