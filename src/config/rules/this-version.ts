/** What a file may say and this version does not do: without a word the operator would rely on it. */
import type { ServiceAddress } from '../../model/virtual-service.js';
import { isWritten, type Spot } from '../draft.js';
import type { Path } from '../path.js';
import type { DirectorConfig } from '../schema/director.js';
import type { ServiceRule, Verdicts } from './rule.js';

const RULE = 'no-effect';
const ON_PROXY = 'on the userspace plane';
const KERNEL_KEY = 'remove it, unless the same file is for the kernel plane, too';
const NO_DRIFT = `nobody else can change the table ${ON_PROXY}: drift does not occur`;

interface IdleKey {
  readonly below: Path;
  readonly message: string;
  readonly hint: string;
}

/** The director's keys that change nothing on the userspace plane. */
const IDLE_KEYS: readonly IdleKey[] = [
  {
    below: ['on_stop'],
    message: `nothing outlives lvsd ${ON_PROXY}: services and connections end with it`,
    hint: KERNEL_KEY,
  },
  {
    below: ['unmanaged'],
    message: `every service ${ON_PROXY} is lvsd's own: there are no others to keep or remove`,
    hint: KERNEL_KEY,
  },
  { below: ['drift'], message: NO_DRIFT, hint: KERNEL_KEY },
  {
    below: ['sysctls'],
    message: `kernel settings are neither checked nor set ${ON_PROXY}`,
    hint: KERNEL_KEY,
  },
  {
    below: ['lost_flows'],
    message: `${ON_PROXY} each service has its own lost_flows: what stands here is for the kernel's table`,
    hint: 'write lost_flows at the services; by default connections of a removed server live on there',
  },
  {
    below: ['marks'],
    message: `firewall marks are not used ${ON_PROXY}: lvsd listens on each address of a match`,
    hint: KERNEL_KEY,
  },
  {
    below: ['proxy', 'engine'],
    message: 'this version has one engine, the portable one (net): there is nothing to choose',
    hint: 'remove it',
  },
];

/** Warns of keys that change nothing; never throws. */
export function warnAboutThisVersion({ dataplane }: DirectorConfig, spot: Spot, verdicts: Verdicts): void {
  if (dataplane === 'kernel') return;
  for (const { below, ...finding } of IDLE_KEYS) {
    if (isWritten(spot, ...below)) verdicts.warnKey(spot, below, { rule: RULE, ...finding });
  }
}

const drift: ServiceRule = ({ spot, config, planes }, verdicts) => {
  if (!planes.proxy || config.drift === undefined) return;
  verdicts.warnKey(spot, ['drift'], { rule: RULE, message: NO_DRIFT, hint: KERNEL_KEY });
};

const ownInterface: ServiceRule = ({ spot, config, address, planes }, verdicts) => {
  if (!planes.proxy || config.interface === undefined) return;
  verdicts.warnKey(spot, ['interface'], {
    rule: RULE,
    message: `lvsd does not put the address on ${config.interface} ${ON_PROXY}`,
    hint: `add the address to the host yourself${command(address, config.interface)}, and remove the key`,
  });
};

function command(address: ServiceAddress | null, device: string): string {
  if (address?.kind !== 'address') return '';
  return ` (ip address add ${address.address}/${address.family === 4 ? 32 : 128} dev ${device})`;
}

export const THIS_VERSION_RULES: readonly ServiceRule[] = [drift, ownInterface];
