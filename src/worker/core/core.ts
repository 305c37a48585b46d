/**
 * The pure worker: events in, instructions out (semantics.md §4.7). It knows keys and sizes and never a value, does no
 * I/O and sees no clock.
 */
import type { Key } from '../../protocol/names.js'
import type { StoryEntry } from '../../protocol/requests.js'
import { askAround } from './asking.js'
import { executingAges, startReady } from './computing.js'
import { isAwaited, onDelete, onGathered, onPut, onValueLost } from './data.js'
import { answerGathers, onComputeDirect, onGatherDirect } from './direct.js'
import type { Event, Instruction } from './events.js'
import { startGathers } from './fetching.js'
import { onStuck, onUnstuck, returnUnfit } from './full.js'
import { assertValid } from './invariants.js'
import { onPause, onSchedulerJoined, onSchedulerLeft } from './link.js'
import { onExecuted, onSeceded, onWithdrawn } from './outcomes.js'
import { reportStored } from './reports.js'
import { onSchedulerMessage } from './scheduler-messages.js'
import { type WorkerCoreOptions, WorkerState } from './state.js'
import type { TaskState } from './task.js'
import { moveTask } from './transitions/engine.js'

type Handlers = { [E in Event as E['type']]: (state: WorkerState, event: E) => void }

const HANDLERS: Handlers = {
  'scheduler-message': (state, { message }) => onSchedulerMessage(state, message),
  'scheduler-joined': onSchedulerJoined,
  'scheduler-left': onSchedulerLeft,
  gathered: onGathered,
  executed: onExecuted,
  withdrawn: onWithdrawn,
  appetite: (state, { jobs }) => {
    state.appetite = jobs
  },
  put: onPut,
  delete: onDelete,
  'compute-direct': onComputeDirect,
  'gather-direct': onGatherDirect,
  'value-lost': onValueLost,
  paused: onPause,
  resumed: onPause,
  stuck: onStuck,
  unstuck: onUnstuck,
  seceded: onSeceded,
  tick: () => {},
}

export class WorkerCore {
  readonly #state: WorkerState

  constructor(options: WorkerCoreOptions) {
    this.#state = new WorkerState(options, moveTask)
  }

  /**
   * Takes one event in; `now` in milliseconds never falls. The instructions are to be carried out in order, and each
   * effect comes back as an event.
   *
   * @throws InvariantError on a bug of Heddle's, with the story of the key.
   */
  handle(event: Event, now: number): Instruction[] {
    const state = this.#state
    state.now = now
    state.cause = event.type
    state.detail = ''
    const handler = HANDLERS[event.type] as (state: WorkerState, event: Event) => void
    handler(state, event)
    finishEvent(state)
    if (state.options.validate === true) assertValid(state)
    const { out } = state
    state.out = []
    return out
  }

  /** Keys that the executor has been given and that are wanted. */
  get active(): ReadonlySet<Key> {
    const active = new Set<Key>()
    for (const { task, dead } of this.#state.jobs) if (!dead) active.add(task.key)
    return active
  }

  /** The value is in the store, as far as the core knows. */
  has(key: Key): boolean {
    return this.#state.tasks.get(key)?.stored === true
  }

  /** Undefined for keys that are not known here. */
  state(key: Key): TaskState | undefined {
    return this.#state.tasks.get(key)?.state
  }

  /** The result of this run is wanted: to be asked before it is stored, so that it overwrites nothing newer. */
  acceptsResult(key: Key, runId: number): boolean {
    const job = this.#state.tasks.get(key)?.job
    return job !== undefined && job.runId === runId && !job.dead
  }

  /** What gather `id` brought for this key is wanted: to be asked before it is stored. */
  acceptsArrival(id: number, key: Key): boolean {
    const task = this.#state.tasks.get(key)
    return task !== undefined && task.gather?.id === id && isAwaited(task)
  }

  /** What happened to the key here, oldest first, as far back as the common memory of 20 000 moves goes. */
  story(key: Key): StoryEntry[] {
    return this.#state.story.of(key)
  }

  /** How many keys are in each state. */
  counts(): Readonly<Record<TaskState, number>> {
    return { ...this.#state.counts }
  }

  /** For each wanted run the milliseconds since it was handed over, as heartbeats report it. */
  executing(now: number): Map<Key, number> {
    return executingAges(this.#state, now)
  }

  /** Keys with their state, for debugging and checkers. */
  *keys(): IterableIterator<[Key, TaskState]> {
    for (const [key, task] of this.#state.tasks) yield [key, task.state]
  }

  /** Memory is short, or the scheduler said so: nothing is started or fetched. */
  get paused(): boolean {
    return this.#state.paused
  }

  /** Estimated bytes that peers are sending to this worker. */
  get incomingBytes(): number {
    return this.#state.incomingBytes
  }

  /** Requests to peers that are under way. */
  get incomingCount(): number {
    return this.#state.gathers.size
  }
}

/** What every event may have made possible, and what it has gathered up to say. */
function finishEvent(state: WorkerState): void {
  if (state.arrived.length > 0) {
    reportStored(state, state.arrived)
    state.arrived = []
  }
  if (state.drops.length > 0) {
    state.out.push({ do: 'drop', keys: state.drops })
    state.drops = []
  }
  if (state.full !== undefined) returnUnfit(state)
  startReady(state)
  if (state.hungry.size > 0) startGathers(state)
  askAround(state)
  if (state.settledRequests.length > 0) answerGathers(state)
}
