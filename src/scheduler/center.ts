import { CENTER_CHECKS } from '../protocol/validate-requests.js'
import { centerRequests } from './center-requests.js'
import { NetworkNode } from './node.js'
import { type CenterOptions, coreOptions, listenAt } from './options.js'

/** The port of a Center unless another is given. */
export const CENTER_PORT = 8787

/**
 * Knows which worker holds what, and gives no work: the metadata of a network, where the data moves from worker to
 * worker.
 *
 * @example
 * const c = new Center('127.0.0.1', 8787)
 * await c.start()
 * const w = new Worker(c.ip, c.port)
 * await w.start({ port: 8788 })
 */
export class Center extends NetworkNode {
  /**
   * Listens from `start` on, by default at 127.0.0.1:8787; port 0 is any free one.
   * @throws OptionError for what is no address, an unknown option, or a host that others can reach without `insecure`.
   */
  constructor(host = '127.0.0.1', port = CENTER_PORT, options: CenterOptions = {}) {
    const core = coreOptions(options, 'center')
    const listening = listenAt(host, port, options)
    super(
      {
        kind: 'Center',
        listening,
        core,
        requests: (loop, node) => ({
          handlers: centerRequests(loop, node),
          streams: { 'register-worker': loop.workers.register },
          checks: CENTER_CHECKS,
        }),
      },
      options,
    )
  }
}
