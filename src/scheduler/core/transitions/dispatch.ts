/** The point at which a runnable task is given to a worker, to the queue, or to nobody. */
import { TaskError } from '../../../errors.js'
import type { ToWorker } from '../../../protocol/messages.js'
import { holdersOf, toWorker } from '../outbox.js'
import { chooseWorker, fits, inputBytes, isRootish, missingBytes } from '../placement.js'
import { validWorkers } from '../restrictions.js'
import { joinWorker, type State, setState } from '../state.js'
import { isNeeded, priorityOf, type Recipe, type Task } from '../task.js'
import type { WorkerRecord } from '../worker-record.js'
import { recommend } from './recommend.js'

/** From `waiting` or `no-worker`: to a worker at once, or to where it waits for one. */
export function proceed(s: State, task: Task): void {
  // Recommended when somebody needed it still.
  if (!isNeeded(task)) return
  const valid = validWorkers(s, task.recipe?.group)
  if (valid.length === 0) return recommend(s, task, 'no-worker')
  if (!valid.some((w) => fits(task, w))) return refuse(s, task, valid)
  if (isRootish(s, task)) return recommend(s, task, 'queued')
  const worker = chooseWorker(s, task)
  if (worker !== undefined) dispatch(s, task, worker)
}

/** Its inputs together fit into no worker that may run it. */
function refuse(s: State, task: Task, workers: readonly WorkerRecord[]): void {
  const largest = Math.max(...workers.map((w) => w.info.memory_limit ?? 0))
  const text =
    `${task.key}: its inputs are ${inputBytes(task)} bytes together, and no worker may ` +
    `hold more than ${largest}. Reduce them first, or start a worker with a higher memoryLimit.`
  task.error = s.settings.encodeError(new TaskError('HEDDLE_INPUTS_TOO_BIG', task.key, text))
  task.blame = task
  recommend(s, task, 'erred')
}

/** Gives it to that worker: it is `processing` from here on. */
export function dispatch(s: State, task: Task, worker: WorkerRecord): void {
  setState(s, task, 'processing')
  task.waitingOn = 0
  if (task.waiters !== undefined) s.dispatched.push(task)
  task.run = ++s.runs
  // A ghost of an earlier attempt there is now this one's affair: the worker runs them one after the other.
  if (worker.ghosts.size > 0) worker.ghosts.delete(task.key)
  joinWorker(task, worker, task.dependencies.length === 0 ? 0 : missingBytes(task, worker))
  toWorker(s, worker, computeMessage(s, task))
}

function computeMessage(s: State, task: Task): { op: 'compute-task' } & ToWorker['compute-task'] {
  const recipe = task.recipe as Recipe
  const { options } = recipe.group
  const message: { op: 'compute-task' } & ToWorker['compute-task'] = {
    op: 'compute-task',
    key: task.key,
    run_id: s.runIdOf(task),
    priority: priorityOf(task),
    function: recipe.group.function,
    args: recipe.args(task.index),
    attempt: 1 + task.retried + (task.deaths?.length ?? 0),
  }
  for (const input of task.dependencies) addInput(message, input)
  if (options.resources !== undefined) message.resource_restrictions = options.resources
  if (options.timeout !== undefined) message.timeout = options.timeout
  if (options.effect) message.effect = true
  if (options.mutates) message.mutates = true
  if (options.logs) message.logs = true
  return message
}

/** A small value goes along; it must not be fetched, for it may be nowhere else. */
function addInput(message: ToWorker['compute-task'], input: Task): void {
  if (input.inline !== undefined) {
    message.inline ??= new Map()
    message.inline.set(input.key, input.inline)
    return
  }
  message.who_has ??= new Map()
  message.nbytes ??= new Map()
  message.who_has.set(input.key, holdersOf(input))
  message.nbytes.set(input.key, Math.max(0, input.nbytes))
}
