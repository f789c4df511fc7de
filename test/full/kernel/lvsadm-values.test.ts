import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'lvsadm reads addresses, marks, masks and numbers as ipvsadm does',
  new URL('lvsadm/values/', import.meta.url),
  {
    limitSec: 600,
  },
);
