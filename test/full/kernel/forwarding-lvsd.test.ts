import { kernelPart } from '../../kernel/part.js';

kernelPart('forwards as lvsd run has programmed it', new URL('forwarding-lvsd/', import.meta.url), {
  limitSec: 400,
});
