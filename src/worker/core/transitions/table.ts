/**
 * Every move of a task, in the order of semantics.md §4.7: `from→to` and what it means for the links, heaps and
 * runs. A move that is not here is a bug.
 */
import type { WorkerState } from '../state.js'
import type { Task, TaskState } from '../task.js'
import { cancelledToFlight, cancelledToMemory, cancelledToReleased, cancelledToResumed } from './from-cancelled.js'
import { errorToMemory, errorToReleased, errorToWaiting, rescheduledToReleased } from './from-error.js'
import {
  executingToCancelled,
  executingToError,
  executingToLongRunning,
  executingToMemory,
  executingToReleased,
  executingToRescheduled,
  executingToWaiting,
} from './from-executing.js'
import { fetchToFlight, fetchToMemory, fetchToMissing, fetchToReleased, fetchToWaiting } from './from-fetch.js'
import { flightToCancelled, flightToFetch, flightToMemory, flightToMissing, flightToResumed } from './from-flight.js'
import { memoryToCancelled, memoryToReleased, memoryToResumed, memoryToWaiting } from './from-memory.js'
import { missingToFetch, missingToMemory, missingToReleased, missingToWaiting } from './from-missing.js'
import { readyToExecuting, readyToMemory, readyToReleased, readyToWaiting } from './from-ready.js'
import { releasedToFetch, releasedToMemory, releasedToMissing, releasedToWaiting } from './from-released.js'
import {
  resumedToCancelled,
  resumedToFetch,
  resumedToMemory,
  resumedToMissing,
  resumedToWaiting,
} from './from-resumed.js'
import { waitingToConstrained, waitingToMemory, waitingToReady, waitingToReleased } from './from-waiting.js'

export type Transition = (state: WorkerState, task: Task) => void

export const TRANSITIONS = {
  // Told to compute it, or wanted as the input of something.
  'released→waiting': releasedToWaiting,
  'released→fetch': releasedToFetch,
  'released→missing': releasedToMissing,
  'released→memory': releasedToMemory, // put here by somebody

  'waiting→ready': waitingToReady,
  'waiting→constrained': waitingToConstrained,
  'waiting→released': waitingToReleased,
  'waiting→memory': waitingToMemory, // put here by somebody

  'ready→executing': readyToExecuting,
  'ready→waiting': readyToWaiting, // an input was lost
  'ready→released': readyToReleased,
  'ready→memory': readyToMemory,
  'constrained→executing': readyToExecuting,
  'constrained→waiting': readyToWaiting,
  'constrained→released': readyToReleased,
  'constrained→memory': readyToMemory,

  'executing→memory': executingToMemory,
  'executing→error': executingToError,
  'executing→rescheduled': executingToRescheduled,
  'executing→long-running': executingToLongRunning,
  'executing→waiting': executingToWaiting, // withdrawn, or displaced
  'executing→released': executingToReleased, // stolen before it began; a direct call that failed
  'executing→cancelled': executingToCancelled,
  'long-running→memory': executingToMemory,
  'long-running→error': executingToError,
  'long-running→rescheduled': executingToRescheduled,
  'long-running→waiting': executingToWaiting,
  'long-running→released': executingToReleased,
  'long-running→cancelled': executingToCancelled,

  'fetch→flight': fetchToFlight,
  'fetch→missing': fetchToMissing,
  'fetch→released': fetchToReleased,
  'fetch→waiting': fetchToWaiting, // told to compute it here
  'fetch→memory': fetchToMemory,

  'missing→fetch': missingToFetch,
  'missing→released': missingToReleased,
  'missing→waiting': missingToWaiting,
  'missing→memory': missingToMemory,

  'flight→memory': flightToMemory,
  'flight→fetch': flightToFetch,
  'flight→missing': flightToMissing,
  'flight→cancelled': flightToCancelled,
  'flight→resumed': flightToResumed,

  'memory→released': memoryToReleased,
  'memory→waiting': memoryToWaiting, // a direct call computes it anew
  'memory→cancelled': memoryToCancelled, // a void run or gather of the key still goes on
  'memory→resumed': memoryToResumed,

  'error→released': errorToReleased,
  'error→waiting': errorToWaiting,
  'error→memory': errorToMemory,
  'rescheduled→released': rescheduledToReleased,

  'cancelled→released': cancelledToReleased,
  'cancelled→flight': cancelledToFlight, // wanted again before it arrived
  'cancelled→resumed': cancelledToResumed,
  'cancelled→memory': cancelledToMemory,

  'resumed→waiting': resumedToWaiting,
  'resumed→fetch': resumedToFetch,
  'resumed→missing': resumedToMissing,
  'resumed→memory': resumedToMemory, // the gather brought what was to be computed
  'resumed→cancelled': resumedToCancelled,
} as const satisfies Partial<Record<`${TaskState}→${TaskState}`, Transition>>

/** The moves that there are; the diagram in the docs is made from them. */
export type LegalMove = keyof typeof TRANSITIONS
