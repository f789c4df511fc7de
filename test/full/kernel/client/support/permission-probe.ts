/** A process of its own that asks the client for what needs privilege, and writes what it got as JSON. */
import { IpvsClient } from '../../../../../native/ipvs/client.js';
import { IpvsError } from '../../../../../native/ipvs/errors.js';
import { tcpService } from '../../../../kernel/support/ipvs-client.js';

function outcome(action: () => unknown): string {
  try {
    action();
    return 'done';
  } catch (error) {
    if (error instanceof IpvsError) return `${error.code} ${error.message}`;
    return String(error);
  }
}

const client = IpvsClient.open();
const outcomes = [
  outcome(() => client.info()),
  outcome(() => client.services()),
  outcome(() => client.run({ command: 'add-service', service: tcpService('192.0.2.1', 80) })),
];
client.close();
console.log(JSON.stringify(outcomes));
