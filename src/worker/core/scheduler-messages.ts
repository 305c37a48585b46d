/** What the scheduler or center says, message by message. */
import type { ToWorkerMessage } from '../../protocol/messages.js'
import { failMissing } from './direct.js'
import { forgetPeer, setHolders } from './holders.js'
import { killJob, withdraw } from './jobs.js'
import { evict, resettle } from './release.js'
import { reportStored, sendFinished } from './reports.js'
import type { WorkerState } from './state.js'
import { sayStatus } from './status.js'
import { answerSteal, respondSteal } from './stealing.js'
import { dependentsOf, isDirectOnly, type Task, type Work } from './task.js'
import { begin, need, unneed } from './wants.js'
import { directRunId, scheduledWork } from './work.js'

type Handlers = { [M in ToWorkerMessage as M['op']]: (state: WorkerState, message: M) => void }
type ComputeTask = Extract<ToWorkerMessage, { op: 'compute-task' }>

const ACQUIRE_PRIORITY = [1]

const HANDLERS: Handlers = {
  'compute-task': computeTask,
  'free-keys': (state, { keys, reports }) => freeKeys(state, olderThan(state, keys, reports)),
  'remove-replicas': (state, { keys, reports }) => removeReplicas(state, olderThan(state, keys, reports)),
  'acquire-replicas': acquireReplicas,
  'steal-request': (state, { key, stimulus_id }) => stealRequest(state, key, stimulus_id),
  'refresh-who-has': refreshWhoHas,
  'worker-status-change': changeStatus,
  'remove-worker': (state, { worker }) => {
    const peer = state.peers.get(worker)
    if (peer !== undefined) forgetPeer(state, peer)
  },
  close: (state, { reason }) => void state.out.push({ do: 'close', reason }),
}

/** Without what was put here since: the order to drop it means the value before. */
function olderThan(state: WorkerState, keys: readonly string[], reports = 0): readonly string[] {
  if (state.reported.size === 0) return keys
  return keys.filter((key) => {
    const report = state.reported.get(key) ?? 0
    if (report > reports && state.tasks.get(key)?.stored) return false
    state.reported.delete(key)
    return true
  })
}

/** Carries out one message of the scheduler or center. */
export function onSchedulerMessage(state: WorkerState, message: ToWorkerMessage): void {
  state.cause = message.op
  state.detail = message.op === 'compute-task' ? message.run_id : message.stimulus_id
  const handler = HANDLERS[message.op] as (state: WorkerState, message: ToWorkerMessage) => void
  handler(state, message)
}

function computeTask(state: WorkerState, message: ComputeTask): void {
  const task = state.task(message.key)
  switch (task.state) {
    case 'memory':
      sendFinished(state, task, message.run_id)
      return
    case 'executing':
    case 'long-running':
      // It runs already: that run counts for this request too.
      task.work!.runId = message.run_id
      return
    case 'waiting':
    case 'ready':
    case 'constrained':
      replaceWork(state, task, message)
      return
    case 'resumed':
      task.work = scheduledWork(state, task, message, task.work?.requests)
      begin(state, task)
      return
    default:
      task.work = scheduledWork(state, task, message)
      begin(state, task)
      return
  }
}

/** Told again before it began: the newer word holds. */
function replaceWork(state: WorkerState, task: Task, message: ComputeTask): void {
  const requests = task.work?.requests
  const { stored } = task
  state.move(task, stored ? 'memory' : 'released')
  task.work = scheduledWork(state, task, message, requests)
  begin(state, task)
}

/** First all are let go, then what is still wanted is sought: the keys of one message often need each other. */
export function freeKeys(state: WorkerState, keys: readonly string[]): void {
  for (const key of keys) {
    const task = state.tasks.get(key)
    if (task !== undefined) free(state, task)
  }
  for (const key of keys) {
    const task = state.tasks.get(key)
    if (task === undefined || task.stored) continue
    // Whoever was said to hold it was told to free it, too.
    if (task.whoHas !== undefined) setHolders(state, task, [])
    resettle(state, task)
  }
}

function free(state: WorkerState, task: Task): void {
  task.acquire = false
  if (task.gather !== undefined) task.arrivalVoid = true
  if (task.stored) evict(state, task)
  if (task.work !== undefined && !isDirectOnly(task.work)) freeWork(state, task, task.work)
  else if (task.state === 'error') state.move(task, 'released')
  else unneed(state, task)
}

/** The scheduler counts it as busy until it is told that it has ended. */
function freeWork(state: WorkerState, task: Task, work: Work): void {
  const { runId } = work
  if (work.requests.length > 0) {
    // Direct callers wait for it: it goes on for them alone.
    work.runId = directRunId(state)
    state.send({ op: 'task-ended', key: task.key, run_id: runId })
    return
  }
  const job = task.job
  if (job !== undefined && !job.dead) {
    job.ghostOf = runId
    state.move(task, 'cancelled')
    killJob(state, job)
    return
  }
  state.move(task, task.state === 'resumed' ? 'cancelled' : 'released')
  state.send({ op: 'task-ended', key: task.key, run_id: runId })
}

/** A copy goes if nothing here needs it; otherwise the scheduler is told that it is still here. */
function removeReplicas(state: WorkerState, keys: readonly string[]): void {
  const kept: Task[] = []
  const gone: string[] = []
  for (const key of keys) {
    const task = state.tasks.get(key)
    if (task === undefined) continue
    if (task.state !== 'memory') dropAcquire(state, task)
    else if (dependentsOf(task).size > 0) kept.push(task)
    else {
      evict(state, task)
      state.settle(task)
      gone.push(key)
    }
  }
  reportStored(state, kept)
  // An add-keys may be on its way to the scheduler, who would believe it.
  if (gone.length > 0) state.send({ op: 'release-worker-data', keys: gone, stimulus_id: state.stimulus })
}

function dropAcquire(state: WorkerState, task: Task): void {
  if (!task.acquire) return
  task.acquire = false
  unneed(state, task)
}

function acquireReplicas(state: WorkerState, message: Extract<ToWorkerMessage, { op: 'acquire-replicas' }>): void {
  const held: Task[] = []
  for (const [key, holders] of message.who_has) {
    const task = state.task(key)
    if (task.stored) {
      held.push(task)
      continue
    }
    task.acquire = true
    task.nbytes = message.nbytes.get(key) ?? task.nbytes
    setHolders(state, task, holders)
    need(state, task, ACQUIRE_PRIORITY)
  }
  reportStored(state, held)
}

function refreshWhoHas(state: WorkerState, message: Extract<ToWorkerMessage, { op: 'refresh-who-has' }>): void {
  const nowhere: Task[] = []
  for (const [key, holders] of message.who_has) {
    const task = state.tasks.get(key)
    if (task === undefined || task.stored) continue
    setHolders(state, task, holders)
    if (task.state === 'missing') nowhere.push(task)
  }
  failMissing(state, nowhere)
}

function stealRequest(state: WorkerState, key: string, stimulus: string): void {
  const task = state.tasks.get(key)
  if (task === undefined) {
    respondSteal(state, key, null, stimulus)
    return
  }
  const job = task.job
  if (task.state !== 'executing' || job === undefined || job.claimed) {
    answerSteal(state, task, stimulus)
    return
  }
  job.steals = [...job.steals, stimulus]
  withdraw(state, job)
}

function changeStatus(state: WorkerState, message: Extract<ToWorkerMessage, { op: 'worker-status-change' }>): void {
  state.pausedByScheduler = message.status === 'paused'
  state.closingGracefully = message.status === 'closing_gracefully'
  sayStatus(state, message.stimulus_id)
}
