import { kernelPart } from '../../kernel/part.js';

kernelPart('moves instances when an operator says so', new URL('vrrp-verbs/', import.meta.url), {
  limitSec: 580,
  memoryMb: 1024,
});
