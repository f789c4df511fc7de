/** The director's own settings. */
import { z } from 'zod';
import { parseEndpoint } from '../../base/ip.js';
import { choice, duration, integer, pattern, percent, Refusal, show, text } from './fields.js';
import { driftField } from './service.js';

export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

/** The read-only listener has no authentication, so it is for this host alone. */
function loopbackListener() {
  return text<ListenAddress | 'none'>({ examples: ['127.0.0.1:9410', '[::1]:9410', 'none'] }, (value) => {
    if (value === 'none') return 'none';
    const read = parseEndpoint(value);
    if (read === null) {
      return new Refusal(
        'bad-listen',
        `${show(value)} is no address:port`,
        'write 127.0.0.1:9410, "[::1]:9410" or none',
      );
    }
    if (!read.text.startsWith('127.') && read.text !== '::1') {
      const hint = 'use 127.0.0.1 and put a proxy with authentication in front';
      return new Refusal(
        'listen-loopback',
        `${read.text} is not a loopback address, and the listener has no authentication`,
        hint,
      );
    }
    return { address: read.text, port: read.port };
  });
}

/** sun_path holds 108 bytes with the final NUL. */
const LONGEST_SOCKET_PATH = 107;

const absolutePath = () => pattern('bad-path', /^\/[^\0]*$/, 'an absolute path');

const socketPath = () =>
  text<string>({ pattern: '^/' }, (value) => {
    if (!value.startsWith('/') || value.includes('\0'))
      return new Refusal('bad-path', `${show(value)} is not an absolute path`);
    const bytes = new TextEncoder().encode(value).length;
    if (bytes <= LONGEST_SOCKET_PATH) return value;
    return new Refusal(
      'bad-path',
      `a socket's path has at most ${LONGEST_SOCKET_PATH} bytes, this one has ${bytes}`,
    );
  });

/** The kernel counts these in jiffies of an int. */
const connectionTimeout = () => duration({ lowMs: 1000, highMs: 20 * 24 * 3_600_000, wholeSeconds: true });

const timeoutsSchema = z
  .strictObject({
    tcp: connectionTimeout()
      .optional()
      .describe('Idle established TCP connections. Default: as the plane has it.'),
    tcp_fin: connectionTimeout()
      .optional()
      .describe('TCP connections after a FIN. Default: as the plane has it.'),
    udp: connectionTimeout().optional().describe('Idle UDP sessions. Default: as the plane has it.'),
  })
  .describe(
    'When idle connections are forgotten, 1s..480h in whole seconds. They hold for the whole network namespace.',
  );

const marksSchema = z
  .strictObject({
    base: integer(1, 2 ** 32 - 1)
      .prefault(0x4c000000)
      .describe('First firewall mark that lvsd may use for match. Default: 0x4c000000.'),
    size: integer(1, 2 ** 20)
      .prefault(65536)
      .describe('How many marks. Default: 65536.'),
  })
  .describe('Kernel plane: firewall marks that belong to lvsd.');

export const directorSchema = z.strictObject({
  name: pattern(
    'bad-name',
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'a name: letters, digits and . _ - (at most 63)',
  )
    .optional()
    .describe('Name of this director. Default: the host name.'),
  dataplane: choice(['kernel', 'proxy', 'auto'])
    .prefault('kernel')
    .describe(
      'kernel: IPVS. proxy: userspace. auto: decided once at start, the rules of both hold. Default: kernel.',
    ),
  admin: z
    .strictObject({
      socket: socketPath()
        .optional()
        .describe(
          'Control socket. Default: /run/lvsd/lvsd.sock for root, else in the runtime folder of the user.',
        ),
      listen: loopbackListener()
        .prefault('127.0.0.1:9410')
        .describe(
          'Read-only HTTP for status and metrics, on a loopback address; none = off. Default: 127.0.0.1:9410.',
        ),
    })
    .prefault({})
    .describe('How the running director is reached.'),
  state_dir: absolutePath()
    .optional()
    .describe(
      'Folder for what outlives a restart. Default: /var/lib/lvsd for root, else in the state folder of the user.',
    ),
  timeouts: timeoutsSchema.prefault({}),
  on_stop: choice(['keep', 'remove'])
    .prefault('keep')
    .describe('Kernel plane: what becomes of the table when lvsd stops. Default: keep.'),
  unmanaged: choice(['keep', 'remove'])
    .prefault('keep')
    .describe('Kernel plane: what becomes of services that lvsd did not make. Default: keep.'),
  drift: driftField()
    .prefault('repair')
    .describe(
      'Kernel plane: when somebody else changed an entry of ours: repair, alert or ignore. Default: repair.',
    ),
  resync: duration({ lowMs: 1000, highMs: 24 * 3_600_000 })
    .prefault('30s')
    .describe('How often the table is read anew, 1s..24h. Default: 30s.'),
  shrink_guard: percent(100)
    .prefault('50%')
    .describe(
      'A change of the file that removes a larger share is refused without --force; 100% = off. Default: 50%.',
    ),
  sysctls: choice(['check', 'set'])
    .prefault('check')
    .describe('Kernel plane: settings that services need: only check them, or set them. Default: check.'),
  lost_flows: choice(['drop', 'reset'])
    .prefault('reset')
    .describe(
      'Kernel plane: packets of connections to a removed server: drop them or answer with a reset. Default: reset.',
    ),
  marks: marksSchema.prefault({}),
  probe: z
    .strictObject({
      max: integer(1, 65_536)
        .prefault(256)
        .describe(
          'Services in the table at once for checks with path: vip; further servers share in turn, 1..65536. Default: 256.',
        ),
    })
    .prefault({})
    .describe('Kernel plane: probes of the true path (path: vip).'),
  history: integer(0, 10_000)
    .prefault(50)
    .describe(
      'How many accepted configurations lvsd history keeps in state_dir; 0 = none but the last good one. Default: 50.',
    ),
  health: z
    .strictObject({
      max_probes: integer(1, 65_536)
        .prefault(1024)
        .describe('Health probes at once; others wait for their turn, 1..65536. Default: 1024.'),
      max_rate: integer(1, 1_000_000)
        .prefault(10_000)
        .describe('Health probes that may begin in a second, 1..1000000. Default: 10000.'),
    })
    .prefault({})
    .describe('Limits of all health probes together.'),
  proxy: z
    .strictObject({
      engine: choice(['auto', 'net'])
        .prefault('auto')
        .describe(
          'auto: the fastest this machine has; net: the portable one, all that this version has. Default: auto.',
        ),
    })
    .prefault({})
    .describe('The userspace plane.'),
});

export type DirectorConfig = z.output<typeof directorSchema>;
