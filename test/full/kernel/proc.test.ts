import { kernelPart } from '../../kernel/part.js';

kernelPart('reads connections, settings and modules of a director', new URL('proc/', import.meta.url));
