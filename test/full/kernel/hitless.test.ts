import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'changes the file, restarts and is killed under load without losing a connection',
  new URL('hitless/', import.meta.url),
  { limitSec: 600 },
);
