/**
 * Persistence templates with timers that really fire, one after the other, as the specification tells it: no
 * catching up, no sweeping.
 */
import { addressWords } from './addresses.js';
import type { Packet } from './model.js';

const POSTPONED_MS = 60_000;
const FTP_PORT = 21;

export interface TemplateOptions {
  readonly family: 4 | 6;
  readonly prefixLength: number;
  readonly timeoutMs: number;
  /** The service's port, 0 for every port; or its mark. */
  readonly service: { readonly port: number } | { readonly mark: number };
  readonly expireQuiescent: boolean;
}

/** What a template needs to know of a destination. */
export interface TemplateTarget {
  readonly available: boolean;
  readonly weight: number;
}

/** One template; connections hold it until they end. */
export interface Template<Target> {
  readonly key: string;
  readonly target: Target;
  storedTimeoutMs: number;
  firesAtMs: number;
  controlled: number;
}

export class ReferenceTemplates<Target extends TemplateTarget> {
  readonly #options: TemplateOptions;
  #templates: Template<Target>[] = [];

  constructor(options: TemplateOptions) {
    this.#options = options;
  }

  /** Keys that a new connection could still find. */
  get size(): number {
    return this.#templates.length;
  }

  /** Lets every timer fire that is due. */
  advanceTo(nowMs: number): void {
    for (const template of [...this.#templates]) {
      while (this.#templates.includes(template) && template.firesAtMs <= nowMs) this.#fire(template);
    }
  }

  /** The template of a new connection, counted as controlled by it; `schedule` is the scheduler. */
  connect(packet: Packet, nowMs: number, schedule: () => Target | null): Template<Target> | null {
    this.advanceTo(nowMs);
    const key = this.#keyOf(packet);
    let template = this.#templates.find((candidate) => candidate.key === key);
    if (template !== undefined && !this.#isValid(template.target)) {
      this.#templates = this.#templates.filter((candidate) => candidate !== template);
      template = undefined;
    }
    if (template === undefined) {
      const target = schedule();
      if (target === null) return null;
      template = { key, target, storedTimeoutMs: this.#options.timeoutMs, firesAtMs: 0, controlled: 0 };
      this.#templates.push(template);
    }
    template.controlled += 1;
    template.firesAtMs = nowMs + template.storedTimeoutMs;
    return template;
  }

  disconnect(template: Template<Target>, nowMs: number): void {
    this.advanceTo(nowMs);
    template.controlled -= 1;
  }

  #fire(template: Template<Target>): void {
    if (template.controlled > 0) {
      template.storedTimeoutMs = POSTPONED_MS;
      template.firesAtMs += POSTPONED_MS;
    } else {
      this.#templates = this.#templates.filter((candidate) => candidate !== template);
    }
  }

  #isValid(target: Target): boolean {
    return target.available && !(this.#options.expireQuiescent && target.weight === 0);
  }

  #keyOf(packet: Packet): string {
    const network = maskedBits(packet.source, this.#options.prefixLength);
    const { service } = this.#options;
    if ('mark' in service) return `0 ${network} mark ${service.mark}`;
    const port =
      packet.destinationPort === service.port && service.port !== FTP_PORT ? packet.destinationPort : 0;
    return `${packet.protocol} ${network} ${addressWords(packet.destination).join('.')} ${port}`;
  }
}

/** The first bits of an address, as text of ones and zeros. */
function maskedBits(address: string, prefixLength: number): string {
  return addressWords(address)
    .map((word) => word.toString(2).padStart(32, '0'))
    .join('')
    .slice(0, prefixLength);
}
