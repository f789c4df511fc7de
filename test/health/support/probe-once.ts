/** `probe-once.ts PORT SETTINGS`: one HTTP probe of 127.0.0.1; prints the result as JSON. */
import { HttpChecker, type HttpSettings } from '../../../src/health/checkers/http.js';
import { plainSockets } from '../../../src/health/net/sockets.js';
import { probe } from './loopback.js';

const [port, settings] = process.argv.slice(2);
const checker = new HttpChecker(
  plainSockets,
  { address: '127.0.0.1', port: Number(port) },
  JSON.parse(settings ?? '{}') as HttpSettings,
);
console.log(JSON.stringify(await probe(checker)));
