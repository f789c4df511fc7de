import { kernelPart } from '../../kernel/part.js';

kernelPart('cures broken networks of DR and TUN as it prints', new URL('doctor/direct/', import.meta.url), {
  limitSec: 570,
});
