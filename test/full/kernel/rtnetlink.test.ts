import { kernelPart } from '../../kernel/part.js';

kernelPart('reads and changes interfaces as ip(8) sees them', new URL('rtnetlink/', import.meta.url));
