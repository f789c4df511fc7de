import { kernelPart } from '../../kernel/part.js';

kernelPart('lvsd-vrrp leaves and comes back by its rules', new URL('vrrp-process/', import.meta.url), {
  limitSec: 300,
});
