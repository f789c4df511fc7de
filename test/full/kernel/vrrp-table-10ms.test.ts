import { kernelPart } from '../../kernel/part.js';

kernelPart('takes over as fast as keepalived, every 10 ms', new URL('vrrp-table/10ms/', import.meta.url), {
  bed: 'host',
  limitSec: 590,
});
