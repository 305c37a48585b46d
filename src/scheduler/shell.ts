import type { Logger } from '../log/log.js'
import type { Clock } from '../util/clock.js'
import type { CodeStore } from './code-store.js'
import type { SchedulerCore } from './core/core.js'
import type { Event } from './core/events.js'
import type { NodeOptions } from './options.js'

/** What the parts of a node's shell have in common: the core, the way to it, and who the node is. */
export interface Shell {
  readonly core: SchedulerCore
  readonly clock: Clock
  readonly code: CodeStore
  readonly logger: Logger
  /** Number of this life of the node; answers to an earlier life are known by it. */
  readonly epoch: number
  /** How a worker whose connection broke died, if somebody knows. */
  readonly causeOfDeath: NodeOptions['causeOfDeath']
  /** Whether connections keep the process alive. */
  readonly kept: boolean
  /** Hands the event to the core and carries out what that wants, now, or after the events before it. */
  push(event: Event): void
}
