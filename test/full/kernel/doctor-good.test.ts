import { kernelPart } from '../../kernel/part.js';

kernelPart('finds nothing wrong with good networks', new URL('doctor/good/', import.meta.url), {
  limitSec: 570,
});
