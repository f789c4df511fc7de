import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'serves on two nodes that are director and real server',
  new URL('vrrp-localnode/', import.meta.url),
  {
    limitSec: 300,
    memoryMb: 1024,
  },
);
