import { kernelPart } from '../../kernel/part.js';

kernelPart('forwards FTP with its data connections', new URL('forwarding-ftp/', import.meta.url), {
  limitSec: 300,
});
