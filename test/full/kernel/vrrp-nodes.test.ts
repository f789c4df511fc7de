import { kernelPart } from '../../kernel/part.js';

kernelPart('keeps an address on a node whose Tomcat answers', new URL('vrrp-nodes/', import.meta.url), {
  bed: 'host',
  limitSec: 240,
});
