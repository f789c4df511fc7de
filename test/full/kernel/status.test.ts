import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'tells what the kernel counts: status, metrics and lvsadm agree',
  new URL('status/', import.meta.url),
  {
    limitSec: 300,
  },
);
