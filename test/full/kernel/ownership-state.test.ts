import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'deletes nothing on the word of a state that may not hold, and forgets nothing that does',
  new URL('ownership-state/', import.meta.url),
  { limitSec: 600 },
);
