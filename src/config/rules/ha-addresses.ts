/** Labels and scopes of the addresses of an instance. */
import { isWritten } from '../draft.js';
import type { InstanceRule } from './ha-rule.js';

const LONGEST_LABEL = 15;

/** ip(8) would not list it by its interface otherwise. */
const labels: InstanceRule = ({ config, spot }, verdicts) => {
  for (const [index, { address, label, interface: own }] of config.addresses.entries()) {
    if (label === undefined) continue;
    const at = ['addresses', index, 'label'];
    const device = own ?? config.interface;
    if (address.family === 6) {
      verdicts.refuseKey(spot, at, {
        rule: 'label-family',
        message: `the address ${address.text} is IPv6, which has no labels`,
        hint: 'remove label',
      });
    } else if (label !== device && !label.startsWith(`${device}:`)) {
      const wanted = `${device}:${config.name}`.slice(0, LONGEST_LABEL);
      verdicts.refuse(spot, at, {
        rule: 'bad-label',
        message: `the label "${label}" does not begin with the address's interface and a colon: ${device}:`,
        hint: `write ${wanted.endsWith(':') ? device : wanted}`,
      });
    }
  }
};

/** The kernel tells the scope of IPv6 by the address itself. */
const scopes: InstanceRule = ({ config, spot }, verdicts) => {
  for (const [index, { address }] of config.addresses.entries()) {
    if (address.family === 4 || !isWritten(spot, 'addresses', index, 'scope')) continue;
    verdicts.warnKey(spot, ['addresses', index, 'scope'], {
      rule: 'no-effect',
      message: `the address ${address.text} is IPv6: its scope follows from the address`,
      hint: 'remove scope',
    });
  }
};

export const ADDRESS_RULES: readonly InstanceRule[] = [labels, scopes];
