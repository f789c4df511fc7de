import { kernelPart } from '../../kernel/part.js';

kernelPart(
  'the IPVS client agrees with a kernel without IPv6',
  new URL('client-without-ipv6/', import.meta.url),
  {
    kernelArguments: ['ipv6.disable=1'],
  },
);
