import { kernelPart } from '../../kernel/part.js';

kernelPart('speaks VRRP byte by byte as keepalived does', new URL('vrrp-packets/', import.meta.url), {
  limitSec: 240,
});
