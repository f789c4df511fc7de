import { kernelPart } from '../../kernel/part.js';

kernelPart('pings and asks UDP ports by the kernel, with its errors', new URL('checks/', import.meta.url));
