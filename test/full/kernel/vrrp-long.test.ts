import { kernelPart } from '../../kernel/part.js';

const seconds = Number(process.env['LVSD_VRRP_LONG_SECONDS'] ?? '600');

kernelPart('keeps its role with 10 ms on a busy machine', new URL('vrrp-long/', import.meta.url), {
  bed: 'host',
  limitSec: seconds + 120,
});
