/** The METRICS_TOKEN of the worlds and service processes of the tests. */
export const METRICS_TOKEN = 'metrics-token-of-the-tests'

/** Requests the metrics of a service with the token. */
export const fetchMetrics = (url: string): Promise<Response> =>
  fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })
