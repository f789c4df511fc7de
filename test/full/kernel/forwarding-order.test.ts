import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'spreads connections as the schedulers of this repository do',
  new URL('forwarding-order/', import.meta.url),
  { limitSec: 300 },
);
