/** What an instance depends on: while one of it is bad the instance is in fault, or its priority is lower. */
import { z } from 'zod';
import { openEndpoint } from './addresses.js';
import { checkSchema } from './check.js';
import { duration, field, integer, pattern, percent, Refusal, show } from './fields.js';
import { interfaceName } from './interface-name.js';
import { NAME, NAME_FORM } from './server.js';

const MOST_OF_A_KIND = 64;
const HIGHEST_LOAD = 10_000;

const weight = () =>
  integer(-254, -1)
    .optional()
    .describe(
      'Added to the priority while it is bad, -254..-1. Default: the instance is in fault while it is bad.',
    );

/** Its rule is its own, so that a wrong number is not taken for a mapping that is missing. */
const load = () =>
  field<number>({ type: 'number', exclusiveMinimum: 0, maximum: HIGHEST_LOAD }, (value, wasVariable) => {
    const number = wasVariable && /^\d{1,6}(\.\d{1,6})?$/.test(String(value)) ? Number(value) : value;
    if (typeof number !== 'number')
      return new Refusal('bad-load', `${show(number)} is no number`, 'write load: 4, or { above: 4 }');
    return number > 0 && number <= HIGHEST_LOAD
      ? number
      : new Refusal('bad-load', `the load ${number} is out of range`, `above 0, at most ${HIGHEST_LOAD}`);
  });

const share = () => percent(99);
const step = () => duration({ lowMs: 10, highMs: 24 * 3_600_000 });
const folder = () => pattern('bad-path', /^\/[^\0]{0,4095}$/, 'an absolute path');
const serviceName = () => pattern('bad-name', NAME, NAME_FORM);
const processName = () =>
  pattern('bad-process', /^[^/\s\0][^/\0]{0,254}$/, "a process's name: the file name of its program");

const interfaces = z.union([
  interfaceName().transform((name) => ({ interface: name, weight: undefined })),
  z.strictObject({ interface: interfaceName().describe('Name of the interface.'), weight: weight() }),
]);

const services = z.union([
  serviceName().transform((service) => ({ service, weight: undefined })),
  z.strictObject({ service: serviceName().describe('Name of the service.'), weight: weight() }),
]);

const processes = z.union([
  processName().transform((name) => ({ name, weight: undefined })),
  z.strictObject({
    name: processName().describe('File name of the program, without its folder.'),
    weight: weight(),
  }),
]);

const checks = z.strictObject({
  name: pattern('bad-name', NAME, NAME_FORM).describe('Unique among the tracked checks of the instance.'),
  address: openEndpoint()
    .optional()
    .describe(
      'Whom it asks: address:port, or an address; 127.0.0.1 is this host. Not needed by exec and file.',
    ),
  check: checkSchema.describe('What is asked, as in services: any type but none and external.'),
  weight: weight(),
});

const hostSchema = z.strictObject({
  load: z
    .union([
      load().transform((above) => ({ above, weight: undefined })),
      z.strictObject({
        above: load().describe('Highest load of a processor that is well.'),
        weight: weight(),
      }),
    ])
    .optional()
    .describe('Bad while the load average of a minute, divided by the number of processors, is above this.'),
  memory: z
    .union([
      share().transform((free) => ({ free, weight: undefined })),
      z.strictObject({ free: share().describe('Least share that is well.'), weight: weight() }),
    ])
    .optional()
    .describe('Bad while less than this share of the memory is available.'),
  disk: z
    .array(
      z.strictObject({
        path: folder().describe('A path on the file system.'),
        free: share().describe('Least share that is well.'),
        weight: weight(),
      }),
    )
    .min(1)
    .max(MOST_OF_A_KIND)
    .optional()
    .describe('Bad while less than this share of a file system is free.'),
  read_only: z
    .array(
      z.union([
        folder().transform((path) => ({ path, weight: undefined })),
        z.strictObject({ path: folder().describe('A path on the file system.'), weight: weight() }),
      ]),
    )
    .min(1)
    .max(MOST_OF_A_KIND)
    .optional()
    .describe('Paths: bad while a file system of them is mounted read-only, as after errors of its disk.'),
  clock_step: z
    .union([
      step().transform((above) => ({ above, weight: undefined })),
      z.strictObject({ above: step().describe('Longest step that is well.'), weight: weight() }),
    ])
    .optional()
    .describe('Bad for a minute after the clock of the host has jumped by more than this.'),
});

const listOf = <T extends z.ZodType>(entry: T) => z.array(entry).min(1).max(MOST_OF_A_KIND).optional();

export const trackField = z
  .strictObject({
    interfaces: listOf(interfaces).describe('Interfaces: bad while down, or without a link.'),
    services: listOf(services).describe('Services: bad while they have too few servers (quorum).'),
    processes: listOf(processes).describe('Processes: bad while none has that name.'),
    checks: listOf(checks).describe('Checks: bad while they fail, counted by rise and fall.'),
    host: hostSchema.optional().describe('What of the host itself must be well.'),
  })
  .optional()
  .describe('What the instance depends on beside its own interface.');

export type TrackConfig = NonNullable<z.output<typeof trackField>>;
export type HostConfig = z.output<typeof hostSchema>;
