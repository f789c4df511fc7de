import { kernelPart } from '../../kernel/part.js';

kernelPart('runs as a service of systemd in its sandbox', new URL('systemd/', import.meta.url), {
  limitSec: 450,
});
