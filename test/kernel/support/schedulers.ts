/** The schedulers of the guest's kernel, all loaded. */
export const kernelSchedulers = [
  ...['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'dh', 'sh', 'sed', 'nq', 'mh', 'fo', 'ovf'],
] as const;
