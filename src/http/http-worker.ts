import { serveJson } from './json-server.js'
import type { Service, ServiceNode, ServiceOptions } from './service.js'

/**
 * The web pages of a worker, for `services: { http: HttpWorker }`: `/info.json`, `/health`, `/processing.json`,
 * `/resources.json`, `/metrics.json`. All are read-only JSON.
 * @throws the system's error (`EADDRINUSE`) when the port cannot be had.
 */
export function HttpWorker(node: ServiceNode, options: ServiceOptions): Promise<Service> {
  const pages = {
    '/health': () => ({ status: 'ok' }),
    '/info.json': () => node.info(),
    '/processing.json': () => node.processing?.() ?? {},
    '/resources.json': () => node.resources?.() ?? {},
    '/metrics.json': () => ({ ...processMetrics(), ...(node.metrics?.() ?? {}) }),
  }
  return serveJson(pages, options)
}

function processMetrics() {
  const { rss, heapUsed, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return { uptimeMs: Math.round(process.uptime() * 1000), rss, heapUsed, external, cpuMs: (user + system) / 1000 }
}
