import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'binds ownership and the lock of the kernel to one network namespace',
  new URL('state/', import.meta.url),
);
