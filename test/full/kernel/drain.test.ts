import { kernelPart } from '../../kernel/part.js';

kernelPart('servers drain in the kernel with real clients', new URL('drain/', import.meta.url), {
  limitSec: 300,
});
