import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'takes no bad file for an order: at a reload, at a start and by lvsd apply everything stays as it is',
  new URL('ownership-guard/', import.meta.url),
  { limitSec: 600 },
);
