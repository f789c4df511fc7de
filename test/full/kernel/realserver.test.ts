import { kernelPart } from '../../kernel/part.js';

kernelPart('makes hosts real servers and takes that back', new URL('realserver/', import.meta.url), {
  limitSec: 580,
});
