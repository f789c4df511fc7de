/** lvsadm's main, called in this process: a process start of Node would take a second a command line. */
import type { Program } from './answer.js';

export const lvsadm: Program = () => {
  throw new Error('lvsadm is not there yet');
};
