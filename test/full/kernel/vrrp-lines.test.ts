import { kernelPart } from '../../kernel/part.js';

kernelPart('lvsd-vrrp goes by all of its lines, and by a witness', new URL('vrrp-lines/', import.meta.url), {
  limitSec: 580,
});
