import { kernelPart } from '../../kernel/part.js';

kernelPart('marks packets of match services by nft', new URL('match-nft/', import.meta.url), {
  bed: 'qemu',
  limitSec: 500,
  memoryMb: 768,
});
