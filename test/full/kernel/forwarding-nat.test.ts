import { kernelPart } from '../../kernel/part.js';

kernelPart('forwards by address translation', new URL('forwarding-nat/', import.meta.url), { limitSec: 300 });
