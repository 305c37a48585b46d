/**
 * What waits for a slot, a line for each client. More urgent work goes first, whoever's it is; among equals the client
 * goes next that has had the least computing time since it began to wait: a short job does not wait for a long one.
 */
import { Heap } from '../../util/heap.js'
import type { ClientRecord } from './client-record.js'
import { compareItem, compareMaps, type MapRecord } from './map-record.js'
import { comparePriority, isNeeded, type Recipe, type Task, type TaskGroup } from './task.js'

/** The most urgent that a line has: a task, or the next item of a map, which has no task yet. */
export interface Head {
  readonly line: Line
  readonly task: Task | undefined
  readonly map: MapRecord | undefined
  readonly group: TaskGroup
}

/** One client's. */
export class Line {
  /** Also tasks that have left the queue another way, or are needed no longer; they are skipped when their turn comes. */
  readonly tasks = new Heap<Task>(comparePriority)
  readonly maps = new Set<MapRecord>()

  constructor(
    /** Milliseconds of computing that were given out to it, on a clock that all lines share. */
    public servedMs: number,
  ) {}

  /** Undefined when nothing is left. */
  head(): Head | undefined {
    const task = this.#nextTask()
    const map = this.maps.size === 0 ? undefined : this.#nextMap()
    if (map !== undefined && (task === undefined || compareItem(map, task) < 0))
      return { line: this, task: undefined, map, group: map.recipe.group }
    return task && { line: this, task, map: undefined, group: (task.recipe as Recipe).group }
  }

  #nextTask(): Task | undefined {
    for (;;) {
      const task = this.tasks.peek()
      if (task === undefined || (task.state === 'queued' && isNeeded(task))) return task
      this.tasks.pop()
    }
  }

  #nextMap(): MapRecord | undefined {
    let best: MapRecord | undefined
    for (const map of this.maps) if (best === undefined || compareMaps(map, best) < 0) best = map
    return best
  }
}

export class FairQueue {
  readonly #lines = new Map<ClientRecord, Line>()

  push(task: Task): void {
    this.#lineOf((task.recipe as Recipe).group.owner).tasks.push(task)
  }

  addMap(map: MapRecord): void {
    this.#lineOf(map.client).maps.add(map)
  }

  removeMap(map: MapRecord): void {
    this.#lines.get(map.client)?.maps.delete(map)
  }

  /** What each client would have run next, whose turn it is first. */
  heads(): Head[] {
    const heads: Head[] = []
    for (const [owner, line] of this.#lines) {
      const head = line.head()
      if (head === undefined) this.#lines.delete(owner)
      else heads.push(head)
    }
    return heads.length > 1 ? heads.sort(compareHeads) : heads
  }

  /** All, in no order; also such as have left the queue. */
  *[Symbol.iterator](): Generator<Task> {
    for (const line of this.#lines.values()) yield* line.tasks
  }

  /** Drops what has left the queue, where that is most of it. */
  compact(queued: number): void {
    let size = 0
    for (const line of this.#lines.values()) size += line.tasks.size
    if (size <= 2 * queued + 1000) return
    for (const line of this.#lines.values()) line.tasks.retain((task) => task.state === 'queued')
  }

  clear(): void {
    this.#lines.clear()
  }

  /** One that begins to wait has nothing saved up, and no debt. */
  #lineOf(owner: ClientRecord): Line {
    const known = this.#lines.get(owner)
    if (known !== undefined) return known
    const served = Array.from(this.#lines.values(), (line) => line.servedMs)
    const line = new Line(served.length === 0 ? 0 : Math.min(...served))
    this.#lines.set(owner, line)
    return line
  }
}

function compareHeads(a: Head, b: Head): number {
  return (
    a.group.urgency - b.group.urgency || a.line.servedMs - b.line.servedMs || a.group.generation - b.group.generation
  )
}
