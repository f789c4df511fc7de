import { kernelPart } from '../../kernel/part.js';

kernelPart('has a lab that notices what does not work', new URL('forwarding-lab/', import.meta.url), {
  limitSec: 300,
});
