import type { Logger } from '../log/log.js'
import { serveJson } from './json-server.js'
import type { Service, ServiceNode, ServiceOptions } from './service.js'

/** The port of the scheduler's web pages unless another is given. */
export const DASHBOARD_PORT = 8787

/**
 * The web pages of a scheduler: `/health`, `/info.json`, `/tasks.json`, `/workers.json`. All are read-only JSON.
 * @throws the system's error (`EADDRINUSE`) when the port cannot be had.
 */
export function HttpScheduler(node: ServiceNode, options: ServiceOptions): Promise<Service> {
  const pages = {
    '/health': () => ({ status: 'ok' }),
    '/info.json': () => node.info(),
    '/tasks.json': () => node.tasks?.() ?? {},
    '/workers.json': () => node.workers?.() ?? {},
  }
  return serveJson(pages, options)
}

/**
 * Starts the scheduler's pages. Without `port`, 8787 is tried and any free port taken if it is in use, with a log
 * line; a port given by hand that is in use rejects.
 */
export async function startDashboard(
  node: ServiceNode,
  options: { port?: number | undefined; host: string; logger?: Logger },
): Promise<Service> {
  const { port = DASHBOARD_PORT, host, logger } = options
  try {
    return await HttpScheduler(node, { port, host })
  } catch (error) {
    if (options.port !== undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    const service = await HttpScheduler(node, { port: 0, host })
    logger?.warn(`port ${port} is in use, so the web pages are at port ${service.port}`)
    return service
  }
}
