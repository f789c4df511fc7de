import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'tells what is wrong with a network, and cures it as printed',
  new URL('doctor/', import.meta.url),
  {
    limitSec: 570,
  },
);
