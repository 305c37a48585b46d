/**
 * The pure scheduler: events in, instructions out (semantics.md §4). It knows keys, sizes and who has what, does no I/O,
 * opens no value and sees no clock.
 */
import type { Address, ClientId, Key } from '../../protocol/names.js'
import type { Event, Instruction } from './events.js'
import { type Explanation, explain } from './explain.js'
import { assertAllValid } from './invariants.js'
import { findTask } from './maps.js'
import { type CoreOptions, settingsOf } from './options.js'
import { State } from './state.js'
import type { StoryEntry } from './story.js'
import type { TaskState } from './task.js'
import { Turns } from './turns.js'
import {
  type ClientView,
  type PrefixView,
  type Progress,
  type TaskView,
  viewClients,
  viewHasWhat,
  viewNcores,
  viewPrefixes,
  viewProgress,
  viewTask,
  viewWhoHas,
  viewWorker,
  type WorkerView,
} from './views.js'

export class SchedulerCore {
  readonly #state: State
  readonly #turns: Turns

  /** @throws OptionError */
  constructor(options: CoreOptions) {
    this.#state = new State(settingsOf(options))
    this.#turns = new Turns(this.#state)
  }

  /**
   * Takes one event in; `now` in milliseconds never falls. The instructions are to be carried out in order, and each
   * effect comes back as an event. An event that concerns very many tasks is dealt with in several turns: `continue` is
   * asked for, and events that come before it is over wait.
   *
   * @throws InvariantError on a bug of Heddle's, with the story of the key.
   */
  handle(event: Event, now: number): Instruction[] {
    const s = this.#state
    this.#turns.take(event, now)
    const { out } = s
    s.out = []
    return out
  }

  /** What came is not all dealt with yet: a `continue` was asked for. */
  get isBusy(): boolean {
    return this.#turns.isBusy
  }

  /** What is being dealt with, or was last. */
  get current(): Event | undefined {
    return this.#turns.current
  }

  /** Undefined for keys that are not known here. */
  state(key: Key): TaskState | undefined {
    return this.#state.tasks.get(key)?.state ?? (this.#state.tasks.itemOf(key) && 'queued')
  }

  /** One task, as data; undefined for keys that are not known here. */
  task(key: Key): TaskView | undefined {
    const task = findTask(this.#state, key)
    return task && viewTask(task)
  }

  /** Keys with their states. */
  *tasks(): IterableIterator<[Key, TaskState]> {
    for (const task of this.#state.tasks.values()) yield [task.key, task.state]
    for (const map of this.#state.tasks.openMaps()) for (const i of map.rest()) yield [map.keyOf(i), 'queued']
  }

  /** How many tasks are in each state. */
  counts(): Readonly<Record<TaskState, number>> {
    return { ...this.#state.counts }
  }

  /** Of these keys, or of all; asked-for keys that nobody has give an empty list. */
  whoHas(keys?: Iterable<Key>): Map<Key, Address[]> {
    return viewWhoHas(this.#state, keys)
  }

  /** Of these workers (addresses, names or hosts), or of all. */
  hasWhat(workers?: readonly string[]): Map<Address, Key[]> {
    return viewHasWhat(this.#state, workers)
  }

  /** Threads of these workers, or of all. */
  ncores(workers?: readonly string[]): Map<Address, number> {
    return viewNcores(this.#state, workers)
  }

  /** All workers that are here, by address. */
  workers(): Map<Address, WorkerView> {
    return new Map(Array.from(this.#state.workers.values(), (w) => [w.address, viewWorker(this.#state, w)]))
  }

  hasWorker(address: Address): boolean {
    return this.#state.workers.has(address)
  }

  /** Undefined when it is not here. */
  worker(address: Address): WorkerView | undefined {
    const worker = this.#state.workers.get(address)
    return worker && viewWorker(this.#state, worker)
  }

  get workerCount(): number {
    return this.#state.workers.size
  }

  clients(): ClientView[] {
    return viewClients(this.#state)
  }

  hasClient(id: ClientId): boolean {
    return this.#state.clients.has(id)
  }

  /** Bytes that its tasks take which have not ended. */
  loadOf(id: ClientId): number {
    return this.#state.clients.get(id)?.load ?? 0
  }

  /** A message of that client, or of another, is being taken in, in turns; what it says meanwhile waits. */
  isIngesting(id: ClientId): boolean {
    return this.isBusy || this.#state.clients.get(id)?.isBusy === true
  }

  /** Values on their way from one worker to another. */
  get moving(): number {
    return this.#state.moves.size
  }

  /** How many tasks that this client submitted are run now, and how many wait. */
  progress(client: ClientId): Progress {
    return viewProgress(this.#state, client)
  }

  /** Functions of which there are tasks, with how long those take. */
  prefixes(): PrefixView[] {
    return viewPrefixes(this.#state)
  }

  /** How the task came into its state, oldest first, as far back as the common memory of transitions goes. */
  story(key: Key): StoryEntry[] {
    return this.#state.story.of(key)
  }

  /** Something is to be computed under this key: nobody else's value may take its place. */
  isComputed(key: Key): boolean {
    return findTask(this.#state, key)?.recipe !== undefined
  }

  /** How a key is made; for a task that did not run because another failed, how that is. */
  recipe(key: Key) {
    const asked = findTask(this.#state, key)
    const task = asked?.blame ?? asked
    if (task?.recipe === undefined) return undefined
    const deps = task.dependencies.map((dependency) => dependency.key)
    return { key: task.key, function: task.recipe.group.function, args: task.recipe.args(task.index), deps }
  }

  /** Why the task is in its state; undefined for keys that are not known here. */
  explain(key: Key): Explanation | undefined {
    const task = findTask(this.#state, key)
    return task && explain(this.#state, task)
  }

  /**
   * Looks at everything, unless an event is being dealt with: for tests and simulation.
   * @throws InvariantError if anything does not hold, anywhere.
   */
  assertValid(): void {
    if (!this.isBusy) assertAllValid(this.#state)
  }
}
