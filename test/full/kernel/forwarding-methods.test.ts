import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'forwards by every method, to the server that is due',
  new URL('forwarding-methods/', import.meta.url),
  {
    limitSec: 400,
  },
);
