/** Why a task ended though its code did not say so, as errors for its future. */
import { TaskError, TaskTimeoutError } from '../../errors.js'
import { decode } from '../../values/decode.js'
import type { Encoded } from '../../values/encoded.js'
import type { Job } from './executor.js'
import type { ProcessDeath } from './process-link.js'
import { nameOf } from './thread/code-cache.js'
import { encodeError } from './thread/encode-error.js'
import type { Death } from './thread-events.js'

/** The task ran longer than it may. */
export function timeoutError(job: Job, workerName: string): Encoded {
  const text =
    `'${nameOf(job.function)}' (${job.key}) ran longer than its timeout of ${inSeconds(job.timeoutMs ?? 0)} ` +
    `on ${workerName} and was stopped. Raise 'timeout', or split the task.`
  return encodeError(stackless(new TaskTimeoutError(job.key, text)))
}

/** The task's thread ended under it. `together`: keys that ran there as well, if any of them may have done it. */
export function deathError(
  job: Job,
  death: Death,
  heapLimit: number | undefined,
  together: readonly string[],
): Encoded {
  const what = `'${nameOf(job.function)}' (${job.key})`
  const others = together.length === 0 ? '' : ` It ran beside ${together.join(', ')}; any of them may have done it.`
  // One that was busy all the time was measured long ago.
  const isKnown = death.heapUsed > (death.reason === 'out-of-memory' ? (heapLimit ?? 0) / 2 : 0)
  const heap = isKnown ? ` The thread's heap last held ${inMib(death.heapUsed)}.` : ''
  if (death.reason === 'out-of-memory') {
    const limit = heapLimit === undefined ? '' : ` of ${inMib(heapLimit)}`
    return died(
      'HEDDLE_OUT_OF_MEMORY',
      job,
      `${what} needed more than the JavaScript heap${limit} of its thread, which was ended and replaced.${heap}${others} ` +
        'Give the worker more memory, or keep large data in typed arrays, which the limit does not concern.',
    )
  }
  const cause = causeOf(death)
  const text = `${what} ${reasonOf(death)}. That ended its thread, which was replaced.${heap}${others}`
  return died('HEDDLE_THREAD_DIED', job, text, cause)
}

/** The process that ran the task alone ended under it. */
export function processDeathError(job: Job, death: ProcessDeath, heapLimit: number | undefined): Encoded {
  const { code, signal, error, exit, words } = death
  if (words.includes('heap out of memory')) return processHeapError(job, words, heapLimit)
  const cause = error && (decode(error) as Error)
  const by = signal === null ? `exit code ${code}` : `signal ${signal}`
  const abort = ' As native code does that aborts.'
  const how =
    cause !== undefined
      ? `let an error escape that nobody caught: ${cause.message}`
      : exit !== undefined
        ? `called ${`process.exit(${exit})`}`
        : `ended its process (${by}).${signal === 'SIGABRT' || code === 134 ? abort : ''}`
  const text = `'${nameOf(job.function)}' (${job.key}) ${how} It ran in a process of its own, which was replaced.`
  return died('HEDDLE_THREAD_DIED', job, text.replace(/([^.]) It ran/, '$1. It ran'), cause)
}

/** V8 aborts the process, and says how much it held: `Mark-Compact 98.1 (130.2) -> 97.7 (130.9) MB`. */
function processHeapError(job: Job, words: string, heapLimit: number | undefined): Encoded {
  const held = [...words.matchAll(/-> ([\d.]+) \([\d.]+\) MB/g)].at(-1)?.[1]
  const limit = heapLimit === undefined ? '' : ` of ${inMib(heapLimit)}`
  const last = held === undefined ? '' : ` It last held ${Math.round(Number(held))} MiB.`
  return died(
    'HEDDLE_OUT_OF_MEMORY',
    job,
    `'${nameOf(job.function)}' (${job.key}) needed more than the JavaScript heap${limit} of its process, which ended and ` +
      `was replaced.${last} Give the worker more memory, or keep large data in typed arrays, which the limit does not concern.`,
  )
}

/** What was done, as the end of a sentence about who did it. */
export function reasonOf(death: Death): string {
  if (death.reason === 'exit') return `called ${death.text}`
  return `let an error escape that nobody caught: ${causeOf(death)?.message ?? death.text}`
}

/** The error that nobody caught. */
export function causeOf({ error }: Pick<Death, 'error'>): Error | undefined {
  return error && (decode(error) as Error)
}

function died(code: 'HEDDLE_OUT_OF_MEMORY' | 'HEDDLE_THREAD_DIED', job: Job, text: string, cause?: Error): Encoded {
  return encodeError(stackless(new TaskError(code, job.key, text, cause && { cause })))
}

/** It happened to the task and nowhere in code, least of all here. */
function stackless(error: Error): Error {
  error.stack = `${error.name}: ${error.message}`
  return error
}

function inMib(nbytes: number): string {
  return `${Math.round(nbytes / 2 ** 20)} MiB`
}

function inSeconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`
}
