import { kernelPart } from '../../kernel/part.js';

kernelPart('forwards by tunnels', new URL('forwarding-tun/', import.meta.url), { limitSec: 300 });
