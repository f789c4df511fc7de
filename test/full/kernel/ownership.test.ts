import { kernelPart } from '../../kernel/part.js';

kernelPart('touches what is its own alone, and repairs that', new URL('ownership/', import.meta.url), {
  limitSec: 600,
});
