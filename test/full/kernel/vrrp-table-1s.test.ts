import { kernelPart } from '../../kernel/part.js';

kernelPart('takes over as fast as keepalived, every 1000 ms', new URL('vrrp-table/1s/', import.meta.url), {
  bed: 'host',
  limitSec: 590,
});
