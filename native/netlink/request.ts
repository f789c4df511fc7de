/** One request as its sender describes it. */
import type { Writer } from './writer.js';

export interface NetlinkRequest {
  /** What errors call it: `add service tcp:192.0.2.1:80`. */
  readonly operation: string;
  /** Message type. */
  readonly type: number;
  /** Beside `NLM_F_REQUEST`, `NLM_F_ACK` and `NLM_F_DUMP`, which the connection sets. */
  readonly flags?: number;
  /** Writes the payload. @throws CodecError when a value does not fit its field */
  readonly encode: (writer: Writer) => void;
}
