/** A server is well when it answers a datagram; silence is well too where the file says so, an ICMP error never. */
import type { Clock } from '../../base/clock.js';
import { formatEndpoint } from '../../base/ip.js';
import type { UdpCheck } from '../../model/health-check.js';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import type { Checker, ProbeResult } from '../types.js';
import { withDatagrams, type Datagrams } from './datagrams.js';
import { excerpt, failure } from './failure.js';
import { createMatcher, type Matcher } from './matcher.js';

export interface UdpSettings extends Pick<UdpCheck, 'send' | 'expect' | 'reply'> {
  /** How long silence has to last to be well, with `reply: optional`; shorter than the probe's timeout. */
  readonly silenceMs: number;
}

/** Sends once, and judges the first datagram that comes back. */
export class UdpChecker implements Checker {
  readonly #tools: { readonly sockets: ProbeSockets; readonly clock: Clock };
  readonly #target: ProbeTarget;
  readonly #settings: UdpSettings;
  readonly #matcher: Matcher | null;

  constructor(
    tools: { readonly sockets: ProbeSockets; readonly clock: Clock },
    target: ProbeTarget,
    settings: UdpSettings,
  ) {
    this.#tools = tools;
    this.#target = target;
    this.#settings = settings;
    this.#matcher = settings.expect === null ? null : createMatcher(settings.expect);
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const subject = `udp ${formatEndpoint(this.#target.address, this.#target.port)}`;
    try {
      const answer = await withDatagrams(this.#tools.sockets.datagram(this.#target), signal, (datagrams) =>
        this.#ask(datagrams),
      );
      if (answer === null)
        return { ok: true, detail: 'no answer, and nobody said that there is no such port' };
      const matcher = this.#matcher;
      if (matcher === null) return { ok: true, detail: `answered ${answer.length} bytes` };
      if (matcher.matches(answer)) return { ok: true, detail: `answered ${matcher.wanted}` };
      return failure(subject, `no ${matcher.wanted} in the answer, got ${excerpt(answer)}`);
    } catch (thrown) {
      return failure(subject, thrown);
    }
  }

  /** Null = silence where that is well. */
  async #ask(datagrams: Datagrams): Promise<Buffer | null> {
    const { send, reply, silenceMs } = this.#settings;
    datagrams.send(Buffer.from(send, 'latin1'));
    const answer = datagrams.next();
    if (reply === 'required') return await answer;
    let stop = (): void => undefined;
    const silence = new Promise<null>((resolve) => {
      const { clock } = this.#tools;
      // After a standstill an answer, or an ICMP error, lies there unread: the loop reads it within a turn.
      const last = (): void => {
        const timer = clock.after(0, () => resolve(null), { ref: true });
        stop = () => timer.cancel();
      };
      const timer = clock.after(silenceMs, last, { ref: true });
      stop = () => timer.cancel();
    });
    try {
      return await Promise.race([answer, silence]);
    } finally {
      stop();
    }
  }
}
