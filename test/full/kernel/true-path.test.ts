import { kernelPart } from '../../kernel/part.js';

kernelPart('asks servers by way of the service', new URL('true-path/', import.meta.url), { limitSec: 500 });
