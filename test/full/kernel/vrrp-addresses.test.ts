import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'lvsd-vrrp has and announces addresses as it is told',
  new URL('vrrp-addresses/', import.meta.url),
  {
    limitSec: 300,
  },
);
