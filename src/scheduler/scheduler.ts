import { SCHEDULER_CHECKS } from '../protocol/validate-requests.js'
import { NetworkNode } from './node.js'
import { codeBudget, coreOptions, listenAt, type SchedulerOptions } from './options.js'
import { relays } from './relays.js'
import { schedulerRequests } from './scheduler-requests.js'

/** The port of a Scheduler unless another is given. */
export const SCHEDULER_PORT = 8786

/**
 * Takes graphs of tasks from clients and gives the tasks to workers, near the data they need. Holds metadata and the
 * smallest of results; other data moves from worker to worker.
 *
 * @example
 * const scheduler = new Scheduler({ port: 8786 })
 * await scheduler.start()
 * // …
 * await scheduler.close()
 */
export class Scheduler extends NetworkNode {
  /**
   * Listens from `start` on.
   * @throws OptionError for an unknown or wrong option, or a host that others can reach without `insecure`.
   */
  constructor(options: SchedulerOptions = {}) {
    const core = coreOptions(options, 'scheduler')
    const listening = listenAt(options.host ?? '127.0.0.1', options.port ?? SCHEDULER_PORT, options)
    super(
      {
        kind: 'Scheduler',
        listening,
        core,
        codeBudget: codeBudget(options),
        requests: (loop, node) => ({
          handlers: schedulerRequests(loop, node),
          streams: { 'register-worker': loop.workers.register, 'register-client': loop.clients.register },
          relays: { relay: relays(loop, listening.tls) },
          checks: SCHEDULER_CHECKS,
        }),
      },
      options,
    )
  }
}
