import { kernelPart } from '../../kernel/part.js';

kernelPart('lets connections survive the death of a director', new URL('vrrp-sync/', import.meta.url), {
  limitSec: 300,
  memoryMb: 1024,
});
