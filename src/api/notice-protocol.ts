/** Shapes of POST /api/v1/notice-test: one event, made for it, by one notice of the running configuration. */

export interface NoticeTestRequest {
  /** Its name. */
  readonly notice: string;
}

export interface NoticeTestAnswer {
  readonly notice: string;
  /** Whether it arrived. */
  readonly sent: boolean;
  /** For people: "HTTP 204", or why it did not. */
  readonly detail: string;
}
