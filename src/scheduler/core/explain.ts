/** Why is it in this state? As data, with one sentence for people (features, idea 1). Nine causes of waiting have texts of their own. */
import type { TaskOptions } from '../../protocol/messages.js'
import type { Explanation as Answer } from '../../protocol/requests.js'
import { inputBeyondReach } from './cut-off.js'
import { areFull, describeFull } from './full-workers.js'
import { compareItem, type MapRecord } from './map-record.js'
import { holdersOf } from './outbox.js'
import { fits, inputBytes, lacks } from './placement.js'
import { hasResources, isNamed, validWorkers } from './restrictions.js'
import type { State } from './state.js'
import { comparePriority, type Task, type TaskGroup, type TaskState } from './task.js'
import type { WorkerRecord } from './worker-record.js'

/** What keeps a task from running; `undefined` in an explanation: nothing does. */
export type Obstacle =
  | 'no-workers'
  | 'version-mismatch'
  | 'all-paused'
  | 'memory-full'
  | 'restriction'
  | 'resource-missing'
  | 'resource-busy'
  | 'inputs-too-big'
  | 'input-lost'
  | 'inputs-not-ready'
  | 'queued'
  | 'retry-delay'

/** The answer to "why?". */
export interface Explanation extends Answer {
  state: TaskState
  obstacle?: Obstacle
}

type Reason = Omit<Explanation, 'key' | 'state'>

const BY_STATE: Record<TaskState, (s: State, task: Task) => Reason> = {
  released: explainReleased,
  waiting: explainWaiting,
  queued: explainQueued,
  'no-worker': (s, task) => explainNoWorker(s, task),
  processing: explainProcessing,
  memory: (_s, task) => ({ text: `is in memory${task.inline ? ' here' : ''}`, workers: holdersOf(task) }),
  erred: explainErred,
  forgotten: () => ({ text: 'is forgotten' }),
}

export function explain(s: State, task: Task): Explanation {
  const { text, ...more } = BY_STATE[task.state](s, task)
  return { key: task.key, state: task.state, ...more, text: `${task.key} ${text}` }
}

/** Why nobody can run it now; for tasks that are ready to run. */
export function explainNoWorker(s: State, task: Task): Reason {
  const options = task.recipe?.group.options ?? {}
  if (s.workers.size === 0) return explainNobody(s)
  if (areFull(s, task.recipe?.group)) return explainFull(s, task)
  if (s.running.length === 0) return explainPaused([...s.workers.values()])
  const meant = [...s.workers.values()].filter((w) => hasResources(w, options) && isNamed(w, options))
  if (meant.length > 0 && !meant.some((w) => w.isRunning)) return explainPaused(meant)
  const able = s.running.filter((w) => hasResources(w, options))
  if (able.length === 0) return explainResources(s, options)
  if (!able.some((w) => isNamed(w, options))) return explainRestriction(s, options)
  return { text: 'is about to be given to a worker' }
}

function explainNobody(s: State): Reason {
  if (s.versionRefusal !== undefined)
    return {
      obstacle: 'version-mismatch',
      text: `waits: the only workers that came were sent away: ${s.versionRefusal}`,
    }
  return { obstacle: 'no-workers', text: "waits: no worker is connected. Start one with 'heddle worker ADDRESS'." }
}

/** Those that could run it. */
function explainPaused(workers: readonly WorkerRecord[]): Reason {
  const states = workers.map((w) => `${w} is ${w.status === 'paused' ? 'paused' : 'retiring'}`)
  const those =
    workers.length === 1
      ? 'the one worker that could run it takes no tasks'
      : `of ${workers.length} workers none takes tasks`
  return {
    obstacle: 'all-paused',
    text: `waits: ${those} now (${some(states)}). Paused ones are short of memory, or of disk for what does not fit into it.`,
  }
}

function explainFull(s: State, task: Task): Reason {
  const { where, reason } = describeFull(s, task.recipe?.group)
  const end = 'Unless results are released, or what runs there lets some go, it fails in a few seconds.'
  return { obstacle: 'memory-full', text: `waits: the memory of ${where} is full, and ${reason}. ${end}` }
}

function explainRestriction(s: State, { workers = [] }: TaskOptions): Reason {
  const here = some([...s.workers.values()].map(String))
  return { obstacle: 'restriction', text: `waits: it may run on ${workers.join(', ')} only, and here are ${here}` }
}

function explainResources(s: State, { resources = {} }: TaskOptions): Reason {
  const needs = listResources(resources)
  const supply = some(s.running.map((w) => `${w} has ${listResources(w.info.resources)}`))
  const near = similar(Object.keys(resources), new Set(s.running.flatMap((w) => Object.keys(w.info.resources))))
  const hint = near === undefined ? '' : ` Did you mean '${near}'?`
  const text = `waits: it needs ${needs}, and no worker has that (${supply}).${hint}`
  return { obstacle: 'resource-missing', text }
}

/** A declared name that is nearly one that is asked for and nobody declares. */
function similar(wanted: readonly string[], declared: ReadonlySet<string>): string | undefined {
  for (const name of wanted.filter((n) => !declared.has(n)))
    for (const other of declared) {
      const [a, b] = [name.toLowerCase(), other.toLowerCase()]
      if (a.startsWith(b) || b.startsWith(a)) return other
    }
  return undefined
}

function explainReleased(s: State, task: Task): Reason {
  const time = s.delayed.get(task)
  if (time === undefined) return { text: 'is not needed now; it is run again when something needs it' }
  const text = `failed and is tried again in ${Math.max(0, Math.round(time - s.now))} ms (retry ${task.retried})`
  return { obstacle: 'retry-delay', text }
}

function explainWaiting(s: State, task: Task): Reason {
  const missing = task.dependencies.filter((input) => !input.hasValue)
  const waitsFor = missing.map((input) => input.key)
  const lost = missing.find((input) => lossOf(s, input) !== undefined)
  if (lost !== undefined) {
    const text = `waits: its input ${lost.key} was lost (${lossOf(s, lost)}) and is made again; it is ${lost.state}`
    return { obstacle: 'input-lost', text, waitsFor }
  }
  const states = some(missing.map((input) => `${input.key} is ${input.state}`))
  return { obstacle: 'inputs-not-ready', text: `waits for ${missing.length} of its inputs: ${states}`, waitsFor }
}

function lossOf(s: State, task: Task): string | undefined {
  const entry = s.story.of(task.key).findLast(({ start, finish }) => start === 'memory' && finish === 'released')
  return entry !== undefined && /^(worker-left|tick|release-worker-data)/.test(entry.cause) ? entry.cause : undefined
}

function explainQueued(s: State, task: Task): Reason {
  const group = task.recipe?.group
  const places = validWorkers(s, group)
  if (places.length === 0) return explainNoWorker(s, task)
  let before = 0
  let isShared = false
  for (const other of s.queue) {
    if (other.state !== 'queued') continue
    if (other.recipe?.group.owner !== group?.owner) isShared = true
    else if (isAlike(other, group) && comparePriority(other, task) < 0) before++
  }
  for (const map of s.tasks.openMaps())
    if (map.client !== group?.owner) isShared = true
    else if (isAlike(map, group)) before += itemsBefore(map, task)
  const turns = isShared ? '; other clients take turns with this one' : ''
  const text = `waits in the queue: ${before} tasks are before it, for ${whatIsBusy(places, group)}${turns}`
  return { obstacle: group?.options.resources === undefined ? 'queued' : 'resource-busy', text }
}

/** May run in the same places. */
function isAlike({ recipe }: Task | MapRecord, group: TaskGroup | undefined): boolean {
  return recipe?.group.restriction === group?.restriction
}

/** What it waits for: threads, of some workers perhaps, or resources. */
function whatIsBusy(places: readonly WorkerRecord[], group: TaskGroup | undefined): string {
  if (group?.options.resources !== undefined) return `${listResources(group.options.resources)} to be free`
  const threads = places.reduce((n, w) => n + w.nthreads, 0)
  const where = group?.restriction ? ` of ${some(places.map(String))}` : ''
  return threads === 1 ? `1 thread${where} that is busy` : `${threads} threads${where} that are busy`
}

/** Of a map's items that have no task yet: about how many come first. */
function itemsBefore(map: MapRecord, task: Task): number {
  if (compareItem(map, task) > 0) return 0
  const isSameRank = map.recipe.group.generation === task.recipe?.group.generation
  return isSameRank ? Math.min(map.left, Math.max(1, task.order - map.next)) : map.left
}

function explainProcessing(s: State, task: Task): Reason {
  const worker = task.processingOn as WorkerRecord
  const workers = [worker.address]
  const ms = worker.executing.get(task.key)
  if (ms !== undefined) return { text: `runs on ${worker} for ${Math.round(ms / 100) / 10} s at least`, workers }
  const missing = task.dependencies.filter((input) => lacks(worker, input))
  const busy = busyResource(worker, task)
  if (busy !== undefined) return { obstacle: 'resource-busy', text: `waits on ${worker}: ${busy}`, workers }
  const fetches =
    missing.length > 0 ? `; ${missing.length} of its inputs were not there${detour(s, worker, missing)}` : ''
  return { text: `was given to ${worker}, which has ${worker.processing.size} tasks${fetches}`, workers }
}

/** How it gets what it cannot fetch itself. */
function detour(s: State, worker: WorkerRecord, missing: readonly Task[]): string {
  const found = inputBeyondReach(s, worker, missing)
  if (found === undefined) return ''
  return `, and ${found.input.key} comes through the scheduler, for ${worker} cannot reach ${found.holder}`
}

/** Which resource the others there may have taken. */
function busyResource(worker: WorkerRecord, task: Task): string | undefined {
  for (const [name, amount] of Object.entries(task.recipe?.group.options.resources ?? {})) {
    let taken = 0
    for (const other of worker.processing.keys())
      if (other !== task) taken += other.recipe?.group.options.resources?.[name] ?? 0
    const total = worker.info.resources[name] ?? 0
    if (taken + amount > total)
      return `it needs ${name}: ${amount}, and of ${total} there other tasks have or wait for ${taken}`
  }
  return undefined
}

function explainErred(s: State, task: Task): Reason {
  if (task.blame !== task) return { text: `failed because its input ${task.blame?.key} failed` }
  const valid = validWorkers(s, task.recipe?.group)
  if (valid.length === 0 || valid.some((w) => fits(task, w))) return { text: 'failed' }
  const text = `was refused: its inputs are ${inputBytes(task)} bytes together, more than any worker may hold`
  return { obstacle: 'inputs-too-big', text }
}

function listResources(resources: Readonly<Record<string, number>>): string {
  const items = Object.entries(resources).map(([name, amount]) => `${name}: ${amount}`)
  return items.length === 0 ? 'none' : items.join(', ')
}

function some(texts: readonly string[], most = 4): string {
  const rest = texts.length - most
  return rest > 0 ? `${texts.slice(0, most).join('; ')}; and ${rest} more` : texts.join('; ')
}
