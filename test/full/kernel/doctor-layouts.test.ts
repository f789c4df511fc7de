import { kernelPart } from '../../kernel/part.js';

kernelPart('finds nothing wrong with uncommon good networks', new URL('doctor/layouts/', import.meta.url), {
  limitSec: 570,
});
