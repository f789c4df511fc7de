import { kernelPart } from '../../kernel/part.js';

kernelPart('marks packets of match services by rules of its own', new URL('match/', import.meta.url), {
  limitSec: 400,
});
