/** Shapes of POST /api/v1/check-result: somebody tells what he found out about a server. */

export interface CheckResultRequest {
  /** A server's name, `address:port` or address. */
  readonly server: string;
  readonly up: boolean;
  /** For people; one line, at most 200 characters. */
  readonly reason?: string;
}

export interface CheckResultAnswer {
  /** Those whose `external` check goes by it. */
  readonly told: readonly { readonly service: string; readonly server: string }[];
}
