/** Names as this machine knows them: /etc/services, and the resolver's sources (hosts file, name servers). */
import { readFileSync } from 'node:fs';
import type { NameSources } from './names.js';

const servicesPath = '/etc/services';

/** The resolver is loaded when the first host or address is looked up. */
export const systemNames: NameSources = {
  async addressOf(host) {
    const { promises } = await import('node:dns');
    try {
      return (await promises.lookup(host, { family: 4, order: 'verbatim' })).address;
    } catch {
      return null;
    }
  },

  async nameOf(address) {
    const { promises } = await import('node:dns');
    try {
      // the port is of no interest, but asked for
      return (await promises.lookupService(address, 0)).hostname;
    } catch {
      return null;
    }
  },

  servicesText() {
    try {
      return readFileSync(servicesPath, 'latin1');
    } catch {
      return '';
    }
  },
};
