import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'lvsadm answers random command lines and scripts as ipvsadm does',
  new URL('lvsadm/random/', import.meta.url),
  {
    limitSec: 600,
  },
);
