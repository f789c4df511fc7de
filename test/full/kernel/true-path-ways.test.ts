import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'asks servers by way of the service by NAT and by datagrams',
  new URL('true-path-ways/', import.meta.url),
  {
    limitSec: 400,
  },
);
