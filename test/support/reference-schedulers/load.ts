/** How loaded a destination is, and the OVERLOAD flag: the rules of thresholds, written out by generation. */
import type { Destination, DestinationSettings, Generation } from './model.js';

/** What lc, wlc, lblc and lblcr compare. */
export function overhead(destination: Destination, generation: Generation): bigint {
  const active = BigInt(destination.active);
  const inactive = BigInt(destination.inactive);
  return generation === 'classic' ? active * 256n + inactive : active * 256n + (active + inactive);
}

/** Not OVERLOAD, and a weight that is not 0. */
export function usable(destination: Destination): boolean {
  return !destination.overload && destination.weight > 0;
}

function connections(destination: Destination): number {
  return destination.active + destination.inactive;
}

/** The count below which the total generation clears the flag. */
function effectiveLower(upper: number, lower: number): number {
  return lower !== 0 ? lower : upper - Math.floor(upper / 4);
}

/** After one connection was bound: the counters are already one higher. */
export function afterBind(destination: Destination, generation: Generation): void {
  const count = connections(destination);
  if (generation === 'classic') {
    if (destination.upper !== 0 && count >= destination.upper) destination.overload = true;
  } else if (count === destination.upper && count >= effectiveLower(destination.upper, destination.lower)) {
    destination.overload = true;
  }
}

/** After one connection was unbound: the counters are already one lower. */
export function afterUnbind(destination: Destination, generation: Generation): void {
  const count = connections(destination);
  if (generation === 'classic') {
    clearIfLow(destination, count);
  } else if (count + 1 === effectiveLower(destination.upper, destination.lower)) {
    destination.overload = count >= destination.upper;
  }
}

/** A persistence template was bound; only classic looks at the flag then. */
export function afterTemplateBind(destination: Destination, generation: Generation): void {
  if (generation === 'classic') afterBind(destination, generation);
}

/** A persistence template was unbound; only classic looks at the flag then. */
export function afterTemplateUnbind(destination: Destination, generation: Generation): void {
  if (generation === 'classic') clearIfLow(destination, connections(destination));
}

function clearIfLow(destination: Destination, count: number): void {
  if (destination.lower !== 0) {
    if (count < destination.lower) destination.overload = false;
  } else if (destination.upper !== 0) {
    if (count * 4 < destination.upper * 3) destination.overload = false;
  } else {
    destination.overload = false;
  }
}

/** Stores the thresholds of an add or an edit and settles the flag. */
export function applyThresholds(
  destination: Destination,
  settings: DestinationSettings,
  generation: Generation,
): void {
  if (generation === 'classic') {
    if (settings.upper === 0 || settings.upper > destination.upper) destination.overload = false;
  } else if (settings.upper !== destination.upper || settings.lower !== destination.lower) {
    const count = connections(destination);
    if (settings.upper === 0) destination.overload = false;
    else if (count >= settings.upper) destination.overload = true;
    else if (count < effectiveLower(settings.upper, settings.lower)) destination.overload = false;
  }
  destination.upper = settings.upper;
  destination.lower = settings.lower;
}
