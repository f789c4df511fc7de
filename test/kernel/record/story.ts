/** What a recording is made of: a story that is told once to the real kernel, and afterwards to its recording. */
import type { IpvsClient } from '../../../native/ipvs/client.js';

/** Where a story is told. */
export interface Stage {
  readonly client: IpvsClient;
  /**
   * Sends a message that the client would not send.
   *
   * @returns `ok`, or the errno's name with the kernel's words: `EINVAL, Invalid policy`
   */
  readonly order: (message: OddMessage) => string;
  /** As `order`, but asks for a list. @returns its length, or the errno's name */
  readonly list: (message: OddMessage) => number | string;
  /** Runs only where the kernel is real: what the story needs beside the recorded messages. */
  readonly prepare: (action: () => void) => void;
  /** Runs without any capability, where the kernel is real. */
  readonly asNobody: (action: () => void) => void;
}

export interface OddMessage {
  /** Default: family IPVS. */
  readonly type?: number;
  readonly command: number;
  readonly flags?: number;
  readonly attributes?: readonly Uint8Array[];
}

export interface Story {
  /** Name of its file. */
  readonly name: string;
  /** One sentence for the head of the file. */
  readonly about: string;
  /** Room for one datagram, default 65536. */
  readonly receiveBytes?: number;
  /** Errors repeat the request. */
  readonly uncapped?: boolean;
  /** Makes requests, and asserts what comes of them. Services of a list come in no order. */
  tell(stage: Stage): void;
}
