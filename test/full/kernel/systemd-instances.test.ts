import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'drives instances of VRRP as a service of systemd',
  new URL('systemd-instances/', import.meta.url),
  {
    limitSec: 300,
  },
);
