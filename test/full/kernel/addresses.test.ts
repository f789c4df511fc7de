import { kernelPart } from '../../kernel/part.js';

kernelPart('holds and announces the addresses of services', new URL('addresses/', import.meta.url), {
  limitSec: 240,
});
