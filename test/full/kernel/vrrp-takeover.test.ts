import { kernelPart } from '../../kernel/part.js';

kernelPart('takes over in the time that the interval allows', new URL('vrrp-takeover/', import.meta.url), {
  limitSec: 240,
});
