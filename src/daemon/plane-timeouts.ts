/** The file's timeouts in the userspace plane's terms. Pure. */
import type { ProxyTimeouts } from '../dataplane/proxy/timeouts.js';
import type { DirectorSettings } from '../model/director.js';

const MS = 1000;

/** What the file leaves out keeps the plane's default. */
export function planeTimeouts({ timeouts }: DirectorSettings): Partial<ProxyTimeouts> {
  const { tcpSec, tcpFinSec, udpSec } = timeouts;
  return {
    ...(tcpSec === null ? {} : { tcpMs: tcpSec * MS }),
    ...(tcpFinSec === null ? {} : { tcpFinMs: tcpFinSec * MS }),
    ...(udpSec === null ? {} : { udpMs: udpSec * MS }),
  };
}
