import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'lvsadm takes and refuses command lines as ipvsadm does',
  new URL('lvsadm/command-lines/', import.meta.url),
  {
    limitSec: 600,
  },
);
