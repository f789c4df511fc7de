/** Many services and servers at random addresses: their order is what a compare that is not transitive makes of it. */
import { seededRandom } from '../../../../support/random.js';

const random = seededRandom(20_240_817);

function address4(): string {
  // where the first byte is below and above 128, and the same often enough for the port to decide
  const first = random.pick([1, 9, 10, 10, 100, 127, 128, 172, 192, 192, 223]);
  return `${first}.${random.int(0, 255)}.${random.int(0, 3)}.${random.int(1, 254)}`;
}

function address6(): string {
  const first = random.pick(['2001', '2001', 'fd00', 'fdff', '7fff', '8000', '1', 'f000']);
  return `${first}:${random.pick(['0', 'db8', 'ffff'])}::${random.int(1, 65_535).toString(16)}`;
}

function port(): number {
  return random.pick([80, 443, 8080, 53, 1, 65_535, 32_768, random.int(1, 65_535)]);
}

function serviceName(): string {
  const kind = random.pick(['-t', '-t', '-t', '-u', '--sctp-service', '-f']);
  const six = random.chance(0.3);
  if (kind === '-f') return `-f ${random.int(1, 4_294_967_295)}${six ? ' -6' : ''}`;
  return `${kind} ${six ? `[${address6()}]` : address4()}:${port()}`;
}

function crowdScript(): string {
  const services = [...new Set(Array.from({ length: 150 }, serviceName))];
  const lines = services.map((service) => `-A ${service} -s rr`);
  const crowded = services.slice(0, 3);
  for (const service of crowded) {
    const six = service.includes('[') || service.endsWith('-6');
    const servers = new Set(
      Array.from({ length: 60 }, () => (six ? `[${address6()}]:${port()}` : `${address4()}:${port()}`)),
    );
    lines.push(...[...servers].map((server) => `-a ${service} -r ${server} -m -w ${random.int(0, 100)}`));
  }
  return `${lines.join('\n')}\n`;
}

export const crowd = crowdScript();
