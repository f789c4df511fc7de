/**
 * Whether somebody else has an address that this host has: listens while it is held, and asks once when it has been for a
 * moment. It reports, and does nothing else about it.
 *
 * Who takes an address over and who gives it up both speak of it for a moment: what is heard just before or after a
 * takeover is no conflict. Neither is what comes back of this host's own frames, by whichever of its interfaces.
 */
import type { Clock, Timer } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import { parseIp } from '../base/ip.js';
import type { InstanceAddress } from '../model/vrrp-instance.js';
import type { VrrpRole } from '../model/vrrp-role.js';
import type { AddressFamily } from '../../native/inet/address.js';
import type { AddressClaim } from '../../native/neighbour/claim.js';
import type { ClaimHearer, ClaimLink } from '../../native/neighbour/claim-listener.js';
import { chooseSource } from '../../native/vrrp/source.js';
import type { AddressOwner } from './address-owner.js';
import { asksNeighbours, type Interfaces } from './interface-watch.js';

/** What hears the neighbours of one interface, and asks them. */
export interface ClaimLine {
  /** @throws SyscallError; CodecError */
  ask(address: string, source: string): void;
  close(): void;
}

/** Seam for tests. @throws SyscallError */
export type OpenClaims = (family: AddressFamily, link: ClaimLink, hearer: ClaimHearer) => ClaimLine;

export interface ConflictWatchOptions {
  readonly clock: Clock;
  readonly interfaces: Interfaces;
  readonly openClaims: OpenClaims;
  /** Canonical text of all addresses that move: none of them is one to ask from. */
  readonly moving: () => ReadonlySet<string>;
  /** Somebody else has it. At most once in `TELL_AGAIN_MS` for each address and each somebody. */
  readonly onConflict: (instance: string, message: string) => void;
  /** It cannot listen, and goes on without. */
  readonly onProblem: (message: string) => void;
}

/** The other director needs a moment to give up what was taken over. */
export const SETTLE_MS = 1000;
/** Whoever takes over from this director is heard to be active within this time. */
export const CONFIRM_MS = 500;
export const TELL_AGAIN_MS = 60_000;
/** A socket that could not be opened is tried again after this. */
const REOPEN_MS = 10_000;
/** Questions in one turn, and the turns. */
export const ASKED_PER_TURN = 16;
const TURN_MS = 5;
/** Whose timer is later stood still: what is held may not be any more when the others have had their turn. */
const LATE_MS = 100;
/** Somebody may send from ever new hardware addresses. */
const MOST_SUSPECTS = 256;

/** Name of the counter of an instance. */
const COUNTER = 'address-conflicts';

const HINT =
  'look for it by its hardware address; a real server of method dr must not answer for it (lvsd realserver setup), ' +
  'and a second director must not be active';

/** One address that is held. */
interface Held {
  readonly instance: string;
  /** Canonical text. */
  readonly address: string;
  readonly interface: string;
  readonly sinceMs: number;
}

/** Somebody who says that an address is its own. */
interface Suspect {
  /** What was heard since it was confirmed last. */
  heard: number;
  toldAtMs: number;
  timer: Timer | null;
}

interface OpenLine {
  readonly index: number;
  readonly line: ClaimLine;
}

/** One a process. */
export class ConflictWatch {
  readonly #options: ConflictWatchOptions;
  readonly #held = new Map<string, Held>();
  /** Those that are still to be asked for. */
  #unasked: Held[] = [];
  /** How many are held, by interface and family. */
  readonly #holders = new Map<string, number>();
  /** By interface and family. */
  readonly #lines = new Map<string, OpenLine>();
  readonly #suspects = new Map<string, Suspect>();
  readonly #counts = new Map<string, number>();
  #timer: Timer | null = null;
  #timerAtMs = Infinity;
  #told = '';

  constructor(options: ConflictWatchOptions) {
    this.#options = options;
  }

  /** The owner as one instance has it: what is added by it is watched until it is removed. */
  seat(instance: string, owner: AddressOwner): AddressOwner {
    return {
      add: (addresses) => {
        const failures = owner.add(addresses);
        const failed = new Set(failures.map(({ address }) => address));
        this.#hold(
          instance,
          addresses.filter((each) => !failed.has(each)),
        );
        return failures;
      },
      announce: (addresses) => owner.announce(addresses),
      mend: (addresses) => owner.mend(addresses),
      remove: (addresses) => {
        const failures = owner.remove(addresses);
        for (const each of addresses) this.#drop(instance, each);
        return failures;
      },
    };
  }

  /** The role with the number of claims that were heard. */
  account(role: VrrpRole): VrrpRole {
    const count = this.#counts.get(role.instance) ?? 0;
    return { ...role, counters: { ...role.counters, [COUNTER]: count } };
  }

  /** Idempotent. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerAtMs = Infinity;
    this.#held.clear();
    this.#holders.clear();
    this.#unasked = [];
    for (const suspect of this.#suspects.values()) suspect.timer?.cancel();
    this.#suspects.clear();
    for (const { line } of this.#lines.values()) line.close();
    this.#lines.clear();
  }

  #hold(instance: string, addresses: readonly InstanceAddress[]): void {
    const sinceMs = this.#options.clock.nowMs();
    for (const { address: text, interface: name } of addresses) {
      const address = parseIp(text)?.text ?? text;
      const place = placeOf(name, address);
      const before = this.#held.get(place);
      if (before?.instance === instance && this.#hears(before)) continue;
      const held = { instance, address, interface: name, sinceMs };
      this.#held.set(place, held);
      this.#unasked.push(held);
      const line = lineOf(name, address);
      if (before === undefined) this.#holders.set(line, (this.#holders.get(line) ?? 0) + 1);
    }
    if (this.#unasked.length > 0) this.#schedule(SETTLE_MS);
  }

  #drop(instance: string, { address, interface: name }: InstanceAddress): void {
    const place = placeOf(name, parseIp(address)?.text ?? address);
    // another instance may have it by now
    if (this.#held.get(place)?.instance !== instance) return;
    this.#held.delete(place);
    const line = lineOf(name, address);
    const left = (this.#holders.get(line) ?? 0) - 1;
    this.#holders.set(line, left);
    if (left > 0) return;
    this.#lines.get(line)?.line.close();
    this.#lines.delete(line);
  }

  /** It waits for its turn, or the interface is still that on which it is listened for. */
  #hears(held: Held): boolean {
    const line = this.#lines.get(lineOf(held.interface, held.address));
    return line === undefined || line.index === this.#options.interfaces.link(held.interface)?.index;
  }

  #schedule(delayMs: number): void {
    const { clock } = this.#options;
    const dueAtMs = clock.nowMs() + delayMs;
    if (dueAtMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = dueAtMs;
    this.#timer = clock.after(delayMs, () => {
      this.#timer = null;
      this.#timerAtMs = Infinity;
      if (clock.nowMs() - dueAtMs > LATE_MS) this.#schedule(LATE_MS);
      else this.#askSome();
    });
  }

  #askSome(): void {
    const settledMs = this.#options.clock.nowMs() - SETTLE_MS;
    const sources = new Map<string, string | null>();
    const wanted = this.#unasked.filter((held) => this.#isHeld(held));
    const asked = wanted.filter(({ sinceMs }) => sinceMs <= settledMs).slice(0, ASKED_PER_TURN);
    this.#unasked = wanted.filter((held) => !asked.includes(held));
    for (const held of asked) this.#ask(held, sources);
    const nextMs = Math.min(...this.#unasked.map(({ sinceMs }) => sinceMs)) - settledMs;
    if (nextMs !== Infinity) this.#schedule(Math.max(TURN_MS, nextMs));
  }

  #isHeld(held: Held): boolean {
    return this.#held.get(placeOf(held.interface, held.address)) === held;
  }

  /** @param sources by interface, as far as they were looked up */
  #ask(held: Held, sources: Map<string, string | null>): void {
    const { interface: name, address } = held;
    const line = this.#lineFor(held);
    if (line === null) return;
    try {
      const ipv6 = address.includes(':');
      if (ipv6 && !sources.has(name)) sources.set(name, this.#sourceOn(line.index));
      const source = ipv6 ? (sources.get(name) ?? null) : '';
      if (source !== null) line.line.ask(address, source);
    } catch (thrown) {
      this.#tellOnce(`ask who has ${address} on ${name}: ${reasonOf(thrown)}`);
    }
  }

  #sourceOn(index: number): string | null {
    const { interfaces, moving } = this.#options;
    return chooseSource(interfaces.addresses(), index, 'ipv6', moving());
  }

  /** null = there is nobody to be heard, or it cannot be. */
  #lineFor({ interface: name, address }: Held): OpenLine | null {
    const { interfaces, openClaims } = this.#options;
    const link = interfaces.link(name);
    if (link === null || !asksNeighbours(link)) return null;
    const key = lineOf(name, address);
    const known = this.#lines.get(key);
    if (known?.index === link.index) return known;
    known?.line.close();
    try {
      const { index, hardwareAddress } = link;
      const line = openClaims(
        familyOf(address),
        { index, hardwareAddress },
        {
          onClaim: (claim) => this.#hear(name, claim),
          onFailure: (error) => this.#lose(key, `listen on ${name}: ${reasonOf(error)}`),
        },
      );
      const opened = { index, line };
      this.#lines.set(key, opened);
      return opened;
    } catch (thrown) {
      const reason = reasonOf(thrown);
      this.#lose(
        key,
        `listen on ${name}: ${reason}${reason.endsWith('EPERM') ? ': give lvsd CAP_NET_RAW' : ''}`,
      );
      return null;
    }
  }

  /** The addresses are held on, unwatched for a while. */
  #lose(line: string, message: string): void {
    this.#lines.delete(line);
    this.#tellOnce(`${message}; who else has an address there is not seen`);
    const sinceMs = this.#options.clock.nowMs() + REOPEN_MS - SETTLE_MS;
    for (const [place, held] of this.#held) {
      if (lineOf(held.interface, held.address) !== line) continue;
      const later = { ...held, sinceMs };
      this.#held.set(place, later);
      this.#unasked.push(later);
    }
    this.#schedule(REOPEN_MS);
  }

  #tellOnce(message: string): void {
    if (message !== this.#told) this.#options.onProblem(message);
    this.#told = message;
  }

  #hear(name: string, { address, hardwareAddress }: AddressClaim): void {
    const { clock, interfaces } = this.#options;
    const held = this.#held.get(placeOf(name, address));
    if (held === undefined || hardwareAddress === null) return;
    if (clock.nowMs() < held.sinceMs + SETTLE_MS || interfaces.isOwnHardware(hardwareAddress)) return;
    const suspect = this.#suspectFor(`${placeOf(name, address)} ${hardwareAddress}`);
    if (suspect === null) return;
    suspect.heard += 1;
    suspect.timer ??= clock.after(CONFIRM_MS, () => this.#confirm(held, hardwareAddress, suspect));
  }

  #suspectFor(key: string): Suspect | null {
    const known = this.#suspects.get(key);
    if (known !== undefined) return known;
    if (this.#suspects.size >= MOST_SUSPECTS) this.#forgetSuspects();
    if (this.#suspects.size >= MOST_SUSPECTS) return null;
    const suspect = { heard: 0, toldAtMs: -Infinity, timer: null };
    this.#suspects.set(key, suspect);
    return suspect;
  }

  #forgetSuspects(): void {
    const longAgoMs = this.#options.clock.nowMs() - TELL_AGAIN_MS;
    for (const [key, { timer, toldAtMs }] of this.#suspects)
      if (timer === null && toldAtMs < longAgoMs) this.#suspects.delete(key);
  }

  #confirm(held: Held, hardwareAddress: string, suspect: Suspect): void {
    const { clock, onConflict } = this.#options;
    const { heard } = suspect;
    const { instance, address, interface: name } = held;
    suspect.timer = null;
    suspect.heard = 0;
    if (!this.#isHeld(held)) return;
    this.#counts.set(instance, (this.#counts.get(instance) ?? 0) + heard);
    if (clock.nowMs() < suspect.toldAtMs + TELL_AGAIN_MS) return;
    suspect.toldAtMs = clock.nowMs();
    onConflict(instance, `hold ${address} on ${name}: ${hardwareAddress} has it, too: ${HINT}`);
  }
}

function placeOf(name: string, address: string): string {
  return `${name} ${address}`;
}

function lineOf(name: string, address: string): string {
  return `${name} ${familyOf(address)}`;
}

function familyOf(address: string): AddressFamily {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
