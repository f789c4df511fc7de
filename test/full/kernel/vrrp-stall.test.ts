import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'does not take a director that is busy for one that is gone',
  new URL('vrrp-stall/', import.meta.url),
  {
    bed: 'host',
    limitSec: 240,
  },
);
