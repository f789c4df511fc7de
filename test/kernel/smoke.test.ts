import { kernelPart } from './part.js';

kernelPart('works in the real kernel', new URL('smoke/', import.meta.url));
