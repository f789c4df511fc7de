import { kernelPart } from '../../kernel/part.js';

kernelPart('lvsadm is a process like ipvsadm', new URL('lvsadm-process/', import.meta.url), {
  limitSec: 300,
});
