import { kernelPart } from '../../kernel/part.js';

kernelPart('the IPVS client agrees with the kernel', new URL('client/', import.meta.url), { limitSec: 900 });
