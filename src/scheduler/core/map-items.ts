import type { Key } from '../../protocol/names.js'
import type { Task } from './task.js'

/** Tasks of so many neighbours are kept together: memory is taken when the first starts, and given back after the last. */
const CHUNK = 1024

interface Chunk {
  readonly tasks: (Task | undefined)[]
  size: number
}

/** The tasks of a map, by index. */
export class MapItems {
  /** What its keys begin with. */
  readonly dash: string
  readonly #chunks: (Chunk | undefined)[] = []
  #size = 0

  constructor(
    readonly prefix: string,
    readonly length: number,
  ) {
    this.dash = `${prefix}-`
  }

  keyOf(index: number): Key {
    return this.dash + index
  }

  /** Nobody knows any of its items. */
  get isOver(): boolean {
    return this.#size === 0
  }

  get size(): number {
    return this.#size
  }

  get(index: number): Task | undefined {
    return this.#chunks[Math.trunc(index / CHUNK)]?.tasks[index % CHUNK]
  }

  set(index: number, task: Task | undefined): void {
    const at = Math.trunc(index / CHUNK)
    const chunk = this.#chunks[at] ?? { tasks: [], size: 0 }
    const change = Number(task !== undefined) - Number(chunk.tasks[index % CHUNK] !== undefined)
    chunk.tasks[index % CHUNK] = task
    chunk.size += change
    this.#size += change
    this.#chunks[at] = chunk.size === 0 ? undefined : chunk
  }

  *tasks(): Generator<Task> {
    for (const chunk of this.#chunks) if (chunk) for (const task of chunk.tasks) if (task) yield task
  }
}
