import { kernelPart } from '../../kernel/part.js';

kernelPart('serves with whoever is left when servers fail', new URL('serving/', import.meta.url), {
  limitSec: 300,
});
