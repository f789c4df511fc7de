import { kernelPart } from '../../kernel/part.js';

kernelPart('moves just the addresses that a loss should move', new URL('vrrp-modes/', import.meta.url), {
  limitSec: 580,
  memoryMb: 1024,
});
