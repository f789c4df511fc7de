import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'touches what is its own alone, repairs that, and takes no bad file for an order',
  new URL('ownership/', import.meta.url),
  { limitSec: 600 },
);
