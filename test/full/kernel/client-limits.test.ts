import { kernelPart } from '../../kernel/part.js';

/** A guest of its own: after tens of thousands of requests Node is large, and every start of a program slow. */
kernelPart('the IPVS client takes large batches and lists', new URL('client-limits/', import.meta.url), {
  limitSec: 600,
});
