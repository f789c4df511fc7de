/** The director's settings among one another and against the services. */
import type { DirectorConfig } from '../schema/director.js';
import type { Spot } from '../draft.js';
import type { JudgedService, Verdicts } from './rule.js';

const MARKS = 2 ** 32;

/** Refuses what contradicts; never throws. */
export function judgeDirector(
  director: DirectorConfig,
  spot: Spot,
  services: readonly JudgedService[],
  verdicts: Verdicts,
): void {
  const { base, size } = director.marks;
  if (base + size > MARKS) {
    verdicts.refuse(spot, ['marks'], {
      rule: 'marks-range',
      message: `marks: ${size} marks from ${base} on go beyond 32 bits`,
      hint: `highest base for this size: ${MARKS - size}`,
    });
  }
  const matches = services.filter((service) => service.address?.kind === 'match').length;
  if (matches > size) {
    verdicts.refuse(spot, ['marks', 'size'], {
      rule: 'marks-size',
      message: `marks.size is ${size}, but ${matches} services with match need a mark each`,
    });
  }
  warnAboutTimeouts(director, spot, verdicts);
}

function warnAboutTimeouts({ timeouts }: DirectorConfig, spot: Spot, verdicts: Verdicts): void {
  if (timeouts.tcp === undefined || timeouts.tcp_fin === undefined || timeouts.tcp_fin <= timeouts.tcp)
    return;
  verdicts.warn(spot, ['timeouts', 'tcp_fin'], {
    rule: 'timeouts-order',
    message: 'tcp_fin is longer than tcp: closed connections outlive open ones',
  });
}
