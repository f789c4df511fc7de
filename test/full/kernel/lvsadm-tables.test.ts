import { kernelPart } from '../../kernel/part.js';

kernelPart('lvsadm changes tables as ipvsadm does', new URL('lvsadm/tables/', import.meta.url), {
  limitSec: 600,
});
