/**
 * What waits for a slot. More urgent work goes first, whoever's it is; among equals the client goes next that has had the
 * least computing time since it began to wait: a short job does not wait for a long one. Tasks of one client that may run
 * in different places wait in different lines, so that none stands in the way of another.
 */
import { Heap } from '../../util/heap.js'
import type { ClientRecord } from './client-record.js'
import { compareItem, compareMaps, type MapRecord } from './map-record.js'
import { comparePriority, isNeeded, type Recipe, type Task, type TaskGroup } from './task.js'
import type { WorkerRecord } from './worker-record.js'

/** How often what has left the queue is looked for: once in so many times. */
const SWEEP_EVERY = 64

/** One client's part of the queue. */
interface Share {
  /** Milliseconds of computing that were given out to it, on a clock that all share. */
  servedMs: number
  /** Who came first. */
  readonly number: number
  /** By where they may run. */
  readonly lines: Map<string, Line>
}

/** Tasks of one client that may run in the same places. */
export class Line {
  /** Also tasks that have left the queue another way, or are needed no longer; they are skipped when their turn comes. */
  readonly tasks = new Heap<Task>(comparePriority)
  readonly maps = new Set<MapRecord>()
  /** The most urgent, since the last `look`: a task, or the next item of a map, which has no task yet. */
  task: Task | undefined = undefined
  map: MapRecord | undefined = undefined
  /** Who may run its tasks, of those that were running then. */
  valid: readonly WorkerRecord[] = []
  validOf: readonly WorkerRecord[] | undefined = undefined
  /** Since when there is nobody, milliseconds; Infinity: there is somebody. */
  stuckSince = Number.POSITIVE_INFINITY

  constructor(
    readonly share: Share,
    /** Of its first task; the others have the same restrictions. */
    readonly group: TaskGroup,
  ) {}

  /** Finds the most urgent; false: nothing is left. */
  look(): boolean {
    const task = this.#nextTask()
    const map = this.maps.size === 0 ? undefined : this.#nextMap()
    const isItem = map !== undefined && (task === undefined || compareItem(map, task) < 0)
    this.task = isItem ? undefined : task
    this.map = isItem ? map : undefined
    return isItem || task !== undefined
  }

  /** Nothing was found at the last `look`. */
  get isEmpty(): boolean {
    return this.task === undefined && this.map === undefined
  }

  /** How the most urgent is made. */
  get recipe(): Recipe {
    return (this.task ?? this.map)?.recipe as Recipe
  }

  #nextTask(): Task | undefined {
    for (;;) {
      const task = this.tasks.peek()
      if (task === undefined || isWaiting(task)) return task
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
  readonly #shares = new Map<ClientRecord, Share>()
  /** Those of all shares. A list of its own, since it is asked for after every event. */
  #lines: readonly Line[] = []
  #count = 0
  #looks = 0

  push(task: Task): void {
    this.#lineOf((task.recipe as Recipe).group).tasks.push(task)
  }

  addMap(map: MapRecord): void {
    this.#lineOf(map.recipe.group).maps.add(map)
  }

  removeMap(map: MapRecord): void {
    const { owner, restriction } = map.recipe.group
    this.#shares.get(owner)?.lines.get(restriction)?.maps.delete(map)
  }

  /** Lines with something in them, whose turn it is first. */
  lines(): readonly Line[] {
    let areEmpty = false
    for (const line of this.#lines) if (!line.look()) areEmpty = true
    if (areEmpty) this.#dropEmpty()
    return this.#lines.length > 1 ? [...this.#lines].sort(compareLines) : this.#lines
  }

  #dropEmpty(): void {
    for (const [owner, share] of this.#shares) {
      for (const [restriction, line] of share.lines) if (line.isEmpty) share.lines.delete(restriction)
      if (share.lines.size === 0) this.#shares.delete(owner)
    }
    this.#lines = this.#lines.filter((line) => !line.isEmpty)
  }

  /** All, in no order; also such as have left the queue. */
  *[Symbol.iterator](): Generator<Task> {
    for (const line of this.#lines) yield* line.tasks
  }

  /** Now and then drops what has left the queue, where that is most of it. */
  sweep(queued: number): void {
    if (++this.#looks % SWEEP_EVERY !== 0) return
    let size = 0
    for (const line of this.#lines) size += line.tasks.size
    if (size > 2 * queued + 1000) for (const line of this.#lines) line.tasks.retain(isWaiting)
  }

  clear(): void {
    if (this.#lines.length === 0) return
    this.#shares.clear()
    this.#lines = []
  }

  #lineOf(group: TaskGroup): Line {
    const share = this.#shareOf(group.owner)
    const known = share.lines.get(group.restriction)
    if (known !== undefined) return known
    const line = new Line(share, group)
    share.lines.set(group.restriction, line)
    this.#lines = [...this.#lines, line]
    return line
  }

  /** One that begins to wait has nothing saved up, and no debt. */
  #shareOf(owner: ClientRecord): Share {
    const known = this.#shares.get(owner)
    if (known !== undefined) return known
    const served = Array.from(this.#shares.values(), (share) => share.servedMs)
    const share = { servedMs: served.length === 0 ? 0 : Math.min(...served), number: ++this.#count, lines: new Map() }
    this.#shares.set(owner, share)
    return share
  }
}

function isWaiting(task: Task): boolean {
  return task.state === 'queued' && isNeeded(task)
}

function compareLines(a: Line, b: Line): number {
  const [ga, gb] = [a.recipe.group, b.recipe.group]
  return (
    ga.urgency - gb.urgency ||
    a.share.servedMs - b.share.servedMs ||
    ga.generation - gb.generation ||
    a.share.number - b.share.number ||
    orderOf(a) - orderOf(b)
  )
}

function orderOf({ task, map }: Line): number {
  return task?.order ?? map?.next ?? 0
}
