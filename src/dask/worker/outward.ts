/** What a worker of ours tells its scheduler, in Dask's words. */
import type { FromWorkerMessage } from '../../protocol/messages.js'
import { keyOf, theirKeys } from '../keys.js'
import { errorIn, type Failure, failureOf } from './failures.js'
import { classPickle, shownType } from './result-types.js'

type Finished = Extract<FromWorkerMessage, { op: 'task-finished' }>
type Erred = Extract<FromWorkerMessage, { op: 'task-erred' }>

let stimuli = 0

/** `clockOffsetMs`: how far the scheduler's clock is ahead. */
export function toDask(message: FromWorkerMessage, clockOffsetMs: number): object[] {
  switch (message.op) {
    case 'task-finished':
      return [finished(message, clockOffsetMs)]
    case 'task-erred':
      return [erred(message, clockOffsetMs)]
    case 'add-keys':
      return [{ op: 'add-keys', keys: theirKeys(message.keys), stimulus_id: message.stimulus_id }]
    case 'release-worker-data':
      return message.keys.map((key) => ({ op: message.op, key: keyOf(key), stimulus_id: message.stimulus_id }))
    case 'long-running':
      return [longRunning(message)]
    case 'steal-response':
      return [{ op: message.op, key: keyOf(message.key), state: message.state, stimulus_id: message.stimulus_id }]
    case 'request-refresh-who-has':
      return [{ op: message.op, keys: theirKeys(message.keys), stimulus_id: message.stimulus_id }]
    case 'worker-status-change':
      return [statusChange(message.status, message.stimulus_id)]
    case 'reschedule':
      return [reschedule(message.key)]
    // A task that was freed is no more counted there; what tasks print goes another way.
    case 'task-ended':
    case 'task-log':
      return []
    default:
      return message satisfies never
  }
}

/** An id for what happens here by itself. */
export function stimulus(what: string): string {
  return `heddle-${what}-${++stimuli}-${Date.now()}`
}

/** What the scheduler is to think of this worker. */
export function statusChange(status: string, id: string = stimulus('status')): object {
  return { op: 'worker-status-change', status, stimulus_id: id }
}

/** Somebody else is to run it. */
export function reschedule(key: string): object {
  return { op: 'reschedule', key: keyOf(key), stimulus_id: stimulus('reschedule') }
}

/** A task that failed before it began. */
export function failed(key: string, runId: number, error: Error, clockOffsetMs: number): object {
  const now = Date.now()
  return erredWith(key, runId, failureOf(error), spanOf('compute', now, now, clockOffsetMs), null)
}

function finished({ key, run_id, nbytes, typename, thread, start, stop }: Finished, clockOffsetMs: number): object {
  return {
    op: 'task-finished',
    status: 'OK',
    key: keyOf(key),
    run_id,
    nbytes,
    type: classPickle(typename),
    typename: shownType(typename),
    metadata: {},
    thread,
    startstops: [spanOf('compute', start, stop, clockOffsetMs)],
    stimulus_id: stimulus('task-finished'),
  }
}

function erred({ key, run_id, error, thread, start, stop }: Erred, clockOffsetMs: number): object {
  const span = spanOf('compute', start, stop, clockOffsetMs)
  return erredWith(key, run_id, failureOf(errorIn(error), error), span, thread)
}

function erredWith(key: string, runId: number, failure: Failure, span: object, thread: number | null): object {
  return {
    op: 'task-erred',
    status: 'error',
    key: keyOf(key),
    run_id: runId,
    ...failure,
    thread,
    startstops: [span],
    stimulus_id: stimulus('task-erred'),
  }
}

function longRunning(message: Extract<FromWorkerMessage, { op: 'long-running' }>): object {
  return {
    op: message.op,
    key: keyOf(message.key),
    run_id: message.run_id,
    compute_duration: message.compute_duration / 1000,
    stimulus_id: stimulus('long-running'),
  }
}

/** Seconds by the scheduler's clock. A task that took no time at all would upset its work stealing. */
function spanOf(action: string, startMs: number, stopMs: number, clockOffsetMs: number): object {
  const start = (startMs + clockOffsetMs) / 1000
  return { action, start, stop: Math.max(start + 1e-6, (stopMs + clockOffsetMs) / 1000) }
}
