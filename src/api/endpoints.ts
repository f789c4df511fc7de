/** Every method and path of the API, and whether TCP has it: the table of protocol.ts as data. */

export interface Endpoint {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Answered by the read-only TCP listener too. */
  readonly onTcp: boolean;
}

export const ENDPOINTS = {
  healthz: { method: 'GET', path: '/healthz', onTcp: true },
  readyz: { method: 'GET', path: '/readyz', onTcp: true },
  metrics: { method: 'GET', path: '/metrics', onTcp: true },
  status: { method: 'GET', path: '/api/v1/status', onTcp: true },
  events: { method: 'GET', path: '/api/v1/events', onTcp: true },
  plan: { method: 'GET', path: '/api/v1/plan', onTcp: false },
  connections: { method: 'GET', path: '/api/v1/connections', onTcp: false },
  reload: { method: 'POST', path: '/api/v1/reload', onTcp: false },
  table: { method: 'GET', path: '/api/v1/table', onTcp: false },
  history: { method: 'GET', path: '/api/v1/history', onTcp: false },
  historyEntry: { method: 'GET', path: '/api/v1/history/entry', onTcp: false },
  rollback: { method: 'POST', path: '/api/v1/rollback', onTcp: false },
  weight: { method: 'POST', path: '/api/v1/weight', onTcp: false },
  checkResult: { method: 'POST', path: '/api/v1/check-result', onTcp: false },
  noticeTest: { method: 'POST', path: '/api/v1/notice-test', onTcp: false },
  drains: { method: 'GET', path: '/api/v1/drains', onTcp: false },
  drain: { method: 'POST', path: '/api/v1/drain', onTcp: false },
  undrain: { method: 'POST', path: '/api/v1/undrain', onTcp: false },
  haOrder: { method: 'POST', path: '/api/v1/ha-order', onTcp: false },
  maintenance: { method: 'POST', path: '/api/v1/maintenance', onTcp: false },
} as const satisfies Record<string, Endpoint>;

/** The endpoint at a path, without its query; undefined when there is none. */
export function endpointAt(path: string): Endpoint | undefined {
  return Object.values(ENDPOINTS).find((endpoint) => endpoint.path === path);
}

/** Methods that the endpoint takes, as an Allow header lists them. */
export function allowedMethods(endpoint: Endpoint): string {
  return endpoint.method === 'GET' ? 'GET, HEAD' : endpoint.method;
}
