import { kernelPart } from '../../kernel/part.js';

kernelPart('lvsadm lists tables as ipvsadm does', new URL('lvsadm/listings/', import.meta.url), {
  limitSec: 600,
});
