/** What an instance needs of the world around it, and what it tells. */
import type { Clock } from '../base/clock.js';
import type { VrrpPeer, VrrpState } from '../model/vrrp-role.js';
import type { AddressOwner } from './address-owner.js';
import type { Pacer } from './pacer.js';

/** What sends the advertisements of one instance. */
export interface AdvertisementSender {
  /**
   * Sends one, with the interval and the addresses of the configuration.
   *
   * @param priority 0..255
   * @returns false = the kernel has no room for it at the moment
   * @throws whatever the kernel refuses it for
   */
  send(priority: number): boolean;
}

/** A change of state, plain values. */
export interface InstanceTransition {
  readonly instance: string;
  readonly from: VrrpState;
  readonly to: VrrpState;
  /** Wall clock. */
  readonly atMs: number;
  /** Why, for people. */
  readonly reason: string;
}

/** Somebody who answers only while this host is not cut off. */
export interface WitnessSeam {
  /** Whether one has to answer, at the moment, before the instance becomes active. */
  needed(): boolean;
  /** @param answered called when one has answered; never when none does. Later than this call is enough */
  ask(answered: () => void): void;
}

/** Whoever wants to know of everything that an instance hears and becomes, as it comes. Nothing of it may throw. */
export interface InstanceObserver {
  /** Another one that is active; the machine has taken it. */
  heard(sender: string, advertiseMs: number): void;
  changed(transition: InstanceTransition): void;
}

/** The director that was heard last. */
export interface HeardPeer extends VrrpPeer {
  readonly advertiseMs: number;
}

/** What an instance needs. None of the functions may throw. */
export interface InstanceSeams {
  readonly clock: Clock;
  readonly sender: AdvertisementSender;
  readonly addresses: AddressOwner;
  /** Of the whole process. */
  readonly pacer: Pacer;
  /**
   * Hands over what waits in the socket, by `hear` and `drop`: a timer of a loop that was busy ends before the packets are
   * read that came in time.
   */
  readonly drain: () => void;
  /** After all that the change brings about. */
  readonly onTransition: (transition: InstanceTransition) => void;
  /** `<operation> <subject>: <reason>`; the instance goes on. */
  readonly onProblem: (message: string) => void;
  readonly witness: WitnessSeam;
  /** It would become active, and waits for those of its group, which `take` tells of; again every interval. */
  readonly onReady: () => void;
  /** Another director is active while this one is, or is so no more. */
  readonly onSplit: (phase: 'begun' | 'ended', peer: VrrpPeer) => void;
}
