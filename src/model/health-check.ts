/** What the file says about watching a server. Execution is src/health's. */

/** When to probe and how many results in a row change a verdict. */
export interface CheckTiming {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Good results in a row that bring a server up, at least 1. */
  readonly rise: number;
  /** Bad results in a row that take a server down, at least 1. */
  readonly fall: number;
  /** Each interval is changed at random by up to this share, 0..0.5. */
  readonly jitter: number;
}

/** An inclusive range of HTTP status codes. */
export interface StatusRange {
  readonly first: number;
  readonly last: number;
}

export type HealthCheck =
  /** Always up. */
  | { readonly type: 'none' }
  /** A connection is accepted. */
  | { readonly type: 'tcp'; readonly timing: CheckTiming; readonly port: number | null }
  /** GET answers with an expected status. */
  | {
      readonly type: 'http' | 'https';
      readonly timing: CheckTiming;
      /** null = the server's own port. */
      readonly port: number | null;
      readonly path: string;
      /** Host header and, with https, the name in the certificate and in SNI; null = the server's address. */
      readonly host: string | null;
      readonly expectStatus: readonly StatusRange[];
      /** https: the certificate is verified. */
      readonly tlsVerify: boolean;
      /** Sent with every probe; `password` is a secret and must never be printed. */
      readonly basicAuth: { readonly username: string; readonly password: string } | null;
    };
