import { kernelPart } from '../../kernel/part.js';

kernelPart('cures broken networks of NAT as it prints', new URL('doctor/nat/', import.meta.url), {
  limitSec: 570,
});
