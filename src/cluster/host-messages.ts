import type { ClusterWorker } from './cluster-host.js'
import type { ClusterPlan } from './cluster-plan.js'

/** From the user's process to the process that holds the scheduler and looks after the workers. */
export type ToHost =
  | { op: 'start'; plan: ClusterPlan }
  | { op: 'scale'; id: number; count: number }
  | { op: 'kill'; id: number; name: string }
  | { op: 'close' }

/** And back. */
export type FromHost =
  | { op: 'ready'; address: string; workers: readonly ClusterWorker[] }
  | { op: 'failed'; code: string; message: string }
  /** The workers as they are now: one came, went or was restarted. */
  | { op: 'workers'; workers: readonly ClusterWorker[] }
  /** The answer to `scale` or `kill`. */
  | { op: 'done'; id: number; error?: { code: string; message: string } }
