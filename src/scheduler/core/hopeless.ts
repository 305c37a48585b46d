/**
 * What only full workers could run, and nothing runs there that may let results go, fails after some seconds: nobody knows
 * whether there will ever be room.
 */
import { MemoryFullError } from '../../errors.js'
import type { Encoded } from '../../values/encoded.js'
import { forEach } from './chores.js'
import type { Line } from './fair-queue.js'
import { describeFull, hopelessSince } from './full-workers.js'
import type { MapRecord } from './map-record.js'
import { makeItem } from './maps.js'
import { placesOf } from './queueing.js'
import type { State } from './state.js'
import type { Task, TaskGroup } from './task.js'
import { transition } from './transitions/engine.js'

/** So long nothing may run on full workers before those fail that wait for them. */
export const FULL_PATIENCE_MS = 2000

/** Gives the time of the next look. */
export function failHopeless(s: State): number {
  if (s.full.size === 0) return Number.POSITIVE_INFINITY
  const look = new Look(s)
  const lost = [...s.noWorker].filter(([task, since]) => look.isDue(task.recipe?.group, since)).map(([task]) => task)
  if (lost.length > 0) s.chores.push(forEach(s, lost, (task) => fail(s, task, look.errorFor(task.recipe?.group))))
  for (const line of s.queue.lines())
    if (placesOf(s, line).length === 0 && look.isDue(line.group, line.stuckSince))
      s.chores.push(failLine(s, line, look.errorFor(line.group)))
  return look.next
}

/** What is the same for all that may run in the same places is found out once. */
class Look {
  next = Number.POSITIVE_INFINITY
  readonly #since = new Map<string, number>()
  readonly #errors = new Map<string, Encoded>()

  constructor(readonly s: State) {}

  isDue(group: TaskGroup | undefined, waitingSince: number): boolean {
    const kind = group?.restriction ?? ''
    const since = this.#since.get(kind) ?? hopelessSince(this.s, group) ?? Number.POSITIVE_INFINITY
    this.#since.set(kind, since)
    const due = Math.max(since, waitingSince) + FULL_PATIENCE_MS
    if (due <= this.s.now) return true
    this.next = Math.min(this.next, due)
    return false
  }

  errorFor(group: TaskGroup | undefined): Encoded {
    const kind = group?.restriction ?? ''
    const { where, reason } = describeFull(this.s, group)
    const error = this.#errors.get(kind) ?? this.s.settings.encodeError(new MemoryFullError(where, reason))
    this.#errors.set(kind, error)
    return error
  }
}

function* failLine(s: State, line: Line, error: Encoded): Generator<void, void> {
  while (line.look()) {
    if (s.patience-- <= 0) yield
    const { task, map } = line
    if (task !== undefined) line.tasks.pop()
    fail(s, task ?? makeItem(s, map as MapRecord, (map as MapRecord).next), error)
  }
}

function fail(s: State, task: Task, error: Encoded): void {
  task.error = error
  task.blame = task
  transition(s, task, 'erred')
}
