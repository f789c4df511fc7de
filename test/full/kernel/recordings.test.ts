import { kernelPart } from '../../kernel/part.js';

kernelPart('answers as test/golden/netlink has it', new URL('recordings/', import.meta.url));
