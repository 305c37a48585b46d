/** What a shell asks of the core. Everything but `handle` only reads, and tells the state of now. */
import type { Address, ClientId, Key } from '../../protocol/names.js'
import type { Event, Instruction } from './events.js'
import type { StoryEntry } from './story.js'
import type { Task, TaskState } from './task.js'
import type { WorkerRecord } from './worker-record.js'

export interface CoreView {
  /**
   * Takes one event in; `now` in milliseconds never falls. The instructions are to be carried out in order.
   * @throws InvariantError on a bug of Heddle's, with the story of the key.
   */
  handle(event: Event, now: number): Instruction[]
  readonly tasks: ReadonlyMap<Key, Task>
  readonly workers: ReadonlyMap<Address, WorkerRecord>
  readonly counts: Readonly<Record<TaskState, number>>
  /** Workers that are called so: by address, name, or host (all of that host). */
  workersCalled(nameOrAddress: string): readonly WorkerRecord[]
  /**
   * A graph of this client is being taken in, in slices; each `tick` (asked for by `wake-at`, at once) takes in another.
   * Messages of that client that come meanwhile wait in the shell, which also stops reading from it.
   */
  isIngesting(client: ClientId): boolean
  /** The client is known: connected, or lost less than its grace ago. */
  hasClient(client: ClientId): boolean
  story(key: Key): StoryEntry[]
  /** Why the key is in its state, as plain data. */
  explain(key: Key, now: number): Record<string, unknown>
}
