/** Read beside semantics.md §4.2: the same order, one row per edge. Any other pair goes through `released`. */
import type { Table } from './engine.js'
import { erredToReleased } from './from-erred.js'
import { memoryToForgotten, memoryToReleased } from './from-memory.js'
import { noWorkerToProcessing, noWorkerToQueued, noWorkerToReleased } from './from-no-worker.js'
import { processingToErred, processingToMemory, processingToReleased } from './from-processing.js'
import { queuedToProcessing, queuedToReleased } from './from-queued.js'
import { releasedToErred, releasedToForgotten, releasedToMemory, releasedToWaiting } from './from-released.js'
import {
  absorbLateFinish,
  waitingToNoWorker,
  waitingToProcessing,
  waitingToQueued,
  waitingToReleased,
} from './from-waiting.js'

export const TRANSITIONS = {
  'released→waiting': releasedToWaiting,
  'released→erred': releasedToErred,
  'released→forgotten': releasedToForgotten,
  'released→memory': releasedToMemory, // pure data, put there by somebody
  'waiting→released': waitingToReleased,
  'waiting→processing': waitingToProcessing,
  'waiting→no-worker': waitingToNoWorker,
  'waiting→queued': waitingToQueued,
  'waiting→memory': absorbLateFinish,
  'queued→released': queuedToReleased,
  'queued→processing': queuedToProcessing,
  'no-worker→released': noWorkerToReleased,
  'no-worker→processing': noWorkerToProcessing,
  'no-worker→queued': noWorkerToQueued,
  'processing→released': processingToReleased,
  'processing→memory': processingToMemory,
  'processing→erred': processingToErred,
  'memory→released': memoryToReleased,
  'memory→forgotten': memoryToForgotten,
  'erred→released': erredToReleased,
} as const satisfies Table

/** The documentation's diagram is made of these. */
export type LegalEdge = keyof typeof TRANSITIONS
