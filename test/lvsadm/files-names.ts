/** Names out of the texts of a hosts file and a services file, as the C library finds them there. */
import type { NameSources } from '../../src/lvsadm/names.js';

interface HostLine {
  readonly address: string;
  readonly names: readonly string[];
}

/** Names are compared without regard to case; the first line decides, and its first name. */
export function namesFromFiles(hosts: string, services: string): NameSources {
  const lines = hosts
    .split('\n')
    .map((line): HostLine => {
      const [address = '', ...names] = line.split(/\s+/);
      return { address, names };
    })
    .filter(({ names }) => names.length > 0);
  const first = (fits: (line: HostLine) => boolean): HostLine | undefined => lines.find(fits);
  return {
    addressOf: (host) => {
      const named = ({ names }: HostLine): boolean =>
        names.some((name) => name.toLowerCase() === host.toLowerCase());
      const line = first((it) => !it.address.includes(':') && named(it));
      return Promise.resolve(line?.address ?? null);
    },
    nameOf: (address) => Promise.resolve(first((line) => line.address === address)?.names[0] ?? null),
    servicesText: () => services,
  };
}
