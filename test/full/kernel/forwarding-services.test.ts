import { kernelPart } from '../../kernel/part.js';

kernelPart('forwards for services of every kind', new URL('forwarding-services/', import.meta.url), {
  limitSec: 300,
});
