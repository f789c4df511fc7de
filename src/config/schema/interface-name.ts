/** Names of network interfaces as a field. */
import { pattern } from './fields.js';

/** An interface's name as Linux allows it. */
export const interfaceName = () =>
  pattern(
    'bad-interface',
    /^(?!\.{1,2}$)[^\s/:]{1,15}$/,
    'an interface name: at most 15 characters without space, / and :',
  );
