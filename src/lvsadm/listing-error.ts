/** A listing that failed. Exit status 1, and the end of a run of `-R`. */
export class ListingError extends Error {
  override readonly name = 'ListingError';
  readonly code = 'ERR_LVSADM_LISTING';
}
