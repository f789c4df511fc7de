import { kernelPart } from '../../kernel/part.js';

kernelPart('shares virtual routers with keepalived', new URL('vrrp-interop/', import.meta.url), {
  limitSec: 420,
});
