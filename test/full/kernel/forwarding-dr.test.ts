import { kernelPart } from '../../kernel/part.js';

kernelPart('forwards by direct routing', new URL('forwarding-dr/', import.meta.url), { limitSec: 300 });
