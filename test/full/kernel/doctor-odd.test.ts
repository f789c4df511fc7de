import { kernelPart } from '../../kernel/part.js';

kernelPart('cures uncommon broken networks as it prints', new URL('doctor/odd/', import.meta.url), {
  limitSec: 570,
});
