/** One cold run of native/ipvs in a process of its own: programs the table, and prints what that took as JSON. */
import { IpvsClient } from '../../native/index.js';
import { requests } from '../support/rules.js';

const services = Number(process.argv[2]);
const list = requests(services);
const begin = performance.now();
const client = IpvsClient.open();
const opened = performance.now();
const errors = client.batch(list).filter((error) => error !== null);
const done = performance.now();
client.close();
if (errors.length > 0) throw new Error(`${errors.length} requests failed`, { cause: errors[0] });
const { maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ openMs: opened - begin, programMs: done - begin, maxRssKb: maxRSS }));
