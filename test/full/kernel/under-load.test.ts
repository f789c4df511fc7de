import { kernelPart } from '../../kernel/part.js';

kernelPart('kills and drains servers under load', new URL('under-load/', import.meta.url), { limitSec: 400 });
