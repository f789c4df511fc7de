/** Entry of `lvsd-vrrp`, which the director starts; see `launch.ts`. It is of no use on a command line. */
import { realClock } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import { lockMemory, setRoundRobin } from '../../native/libc/punctuality.js';
import { ClaimListener } from '../../native/neighbour/claim-listener.js';
import { AdvertisementLines } from './advertisement-line.js';
import { InterfaceWatch } from './interface-watch.js';
import type { FromVrrp } from './messages.js';
import { Outlet } from './outlet.js';
import { VrrpProcess } from './process.js';
import { VipOwner } from './vip-owner.js';

/** Above ordinary work, below the threads of the kernel that serve interrupts. */
const ROUND_ROBIN_PRIORITY = 20;

if (process.send === undefined) {
  process.stderr.write('lvsd-vrrp: it is started by lvsd run, for a file with an ha section\n');
  process.exit(2);
}
process.title = 'lvsd-vrrp';
const director = process.ppid;
const outlet = new Outlet((message, written) => process.send?.(message, written));

const vrrp = new VrrpProcess({
  clock: realClock,
  addresses: new VipOwner(),
  interfaces: new InterfaceWatch(realClock),
  openLine: new AdvertisementLines().open,
  openClaims: (family, link, hearer) => ClaimListener.open(family, link, realClock, hearer),
  tell,
});
let leaving = false;

process.on('message', (message) => {
  if (vrrp.hear(message)) leave(() => vrrp.stop());
});
process.on('disconnect', () => leave(() => vrrp.abandon()));
// Whoever supervises tells the rest of a director that was killed to end: it has been killed all the same.
process.on('SIGTERM', () => leave(() => (process.ppid === director ? vrrp.stop() : vrrp.abandon())));
// systemd's watchdog: of a director that hangs, and is about to be killed.
process.on('SIGABRT', () => leave(() => vrrp.abandon()));
// Of a terminal: the director hears them, too, and says what is to be done. SIGUSR1 would have Node listen for a debugger.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => undefined);
process.on('uncaughtException', (error) => {
  process.stderr.write(`lvsd-vrrp: ${error.stack ?? error.message}\n`);
  leave(() => vrrp.stop(), 1);
});

// Killed while this program was being loaded: nobody listened for the end of the channel then.
if (process.connected) vrrp.start(shortcomings());
else leave(() => vrrp.abandon());

/** A channel that has closed is told by `disconnect`, and one that is full keeps what it is given. */
function tell(message: FromVrrp): void {
  if (process.connected) outlet.tell(message);
}

function leave(how: () => Promise<void>, code = 0): void {
  // whatever went wrong may go wrong again
  if (leaving) {
    if (code !== 0) process.exit(code);
    return;
  }
  leaving = true;
  how().then(
    () => process.exit(code),
    (thrown: unknown) => {
      process.stderr.write(`lvsd-vrrp: leave: ${reasonOf(thrown)}\n`);
      process.exit(1);
    },
  );
}

function shortcomings(): readonly string[] {
  const attempts: readonly [string, () => void, string][] = [
    [
      'take a real-time priority',
      () => setRoundRobin(ROUND_ROBIN_PRIORITY),
      'LimitRTPRIO=20 in the unit and RestrictRealtime=no, or CAP_SYS_NICE',
    ],
    ['lock its memory', lockMemory, 'LimitMEMLOCK=infinity in the unit, or CAP_IPC_LOCK'],
  ];
  return attempts.flatMap(([what, attempt, cure]) => {
    try {
      attempt();
      return [];
    } catch (thrown) {
      return [`${what}: ${reasonOf(thrown)}; on a busy machine it may be late: ${cure}`];
    }
  });
}
