import { kernelPart } from '../../kernel/part.js';

kernelPart('forwards in networks of other shapes', new URL('forwarding-topologies/', import.meta.url), {
  limitSec: 300,
});
