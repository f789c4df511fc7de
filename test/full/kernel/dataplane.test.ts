import { kernelPart } from '../../kernel/part.js';

kernelPart('the kernel plane drives the kernel', new URL('dataplane/', import.meta.url), { limitSec: 500 });
