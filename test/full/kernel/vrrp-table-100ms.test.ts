import { kernelPart } from '../../kernel/part.js';

kernelPart('takes over as fast as keepalived, every 100 ms', new URL('vrrp-table/100ms/', import.meta.url), {
  bed: 'host',
  limitSec: 590,
});
