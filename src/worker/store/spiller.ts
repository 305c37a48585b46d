/** Decides what leaves memory for the disk, and sees that it does, in the background. */
import type { Key } from '../../protocol/names.js'
import type { Encoded } from '../../values/encoded.js'
import type { Entry } from './entry.js'
import type { ValueMemory } from './memory.js'
import type { Recency } from './recency.js'
import type { Place, SpillFiles } from './spill-files.js'
import type { StoreLimits } from './store.js'

/** Bytes that are written between two looks at what is needed. */
const BATCH_BYTES = 64 * 2 ** 20
const BATCH_COUNT = 256
/** Larger values have a file of their own. */
const SHARED_FILE_BYTES = 2 ** 20
/** Files that are written at once. */
const WRITES_MAX = 2
/** After a failure the disk is left alone for so long. */
const PAUSE_MS = 1000

/** What others are told of the disk. */
export interface SpillEvents {
  /** A value could not be read back. */
  onLost(key: Key, reason: string): void
  /** Values could not be written and stay in memory. Told once until it works again. */
  onObstacle(reason: string): void
}

/** What the spiller needs of its store. */
export interface SpillerParts {
  readonly files: SpillFiles
  readonly events: SpillEvents
  readonly memory: ValueMemory
  readonly limits: StoreLimits
  /** What is in memory. */
  readonly recency: Recency<Entry>
  readonly memoryBytes: number
  /** It is on disk: takes it out of memory. */
  letGo(entry: Entry): void
  /** It has been neither deleted nor overwritten. */
  isHere(entry: Entry): boolean
}

/** See above. */
export class Spiller {
  leavingBytes = 0
  readonly #parts: SpillerParts
  /** Written before they are stored. */
  readonly #secured = new Map<Encoded, Place>()
  /** So much may be in memory for the moment. */
  #goal: number
  #running: Promise<void> | undefined
  #obstacle: string | undefined
  #failedAt = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(parts: SpillerParts) {
    this.#parts = parts
    this.#goal = this.#target
  }

  get obstacle(): string | undefined {
    return this.#obstacle
  }

  /** Sees that no more is in memory than the target allows. */
  relieve(): void {
    if (this.#running !== undefined || this.#closed || this.#isResting) return
    this.#running = this.#run()
  }

  /** Lets so many bytes go beyond what the target asks for. */
  async evict(nbytes: number): Promise<void> {
    this.#goal = Math.min(this.#goal, Math.max(0, this.#parts.memoryBytes - nbytes))
    this.relieve()
    await this.#running
  }

  /** @throws what the system says, and when there may be no more on disk. */
  async secure(value: Encoded): Promise<void> {
    const { files, memory } = this.#parts
    this.#checkRoom(value.size)
    memory.retain(value)
    this.leavingBytes += value.size
    try {
      this.#secured.set(value, (await files.write([value]))[0]!)
    } finally {
      this.leavingBytes -= value.size
      memory.release(value)
    }
  }

  takeSecured(value: Encoded): Place | undefined {
    if (this.#secured.size === 0) return undefined
    const place = this.#secured.get(value)
    this.#secured.delete(value)
    return place
  }

  /** It is not stored after all. */
  forgo(value: Encoded): void {
    const place = this.takeSecured(value)
    if (place !== undefined) this.drop(place)
  }

  /** @throws what `SpillFiles.read` does. */
  read(place: Place): Promise<Encoded> {
    return this.#parts.files.read(place)
  }

  /** Its file could not be read. */
  tellLost(key: Key, error: Error): void {
    this.#parts.events.onLost(key, `it was on disk and could not be read back: ${error.message}`)
  }

  drop(place: Place): void {
    if (!this.#closed) this.#parts.files.drop(place)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#running
    await this.#parts.files.settled()
  }

  get #target(): number {
    return this.#parts.limits.targetBytes ?? Number.POSITIVE_INFINITY
  }

  get #isResting(): boolean {
    return performance.now() - this.#failedAt < PAUSE_MS
  }

  async #run(): Promise<void> {
    await nextTurn()
    try {
      while (!this.#closed && this.#parts.memoryBytes > this.#goal) {
        const before = this.#parts.memoryBytes
        const batch = this.#choose()
        if (this.#parts.memoryBytes <= this.#goal) break
        if (batch.length > 0) await this.#writeBatch(batch)
        else if (this.#parts.memoryBytes === before) break
      }
      this.#obstacle = undefined
    } catch (error) {
      this.#noteFailure(error as Error)
    } finally {
      this.#goal = this.#target
      this.#running = undefined
    }
  }

  /** The least recently used values that suffice, or a part of them; those that are on disk already go at once. */
  #choose(): Entry[] {
    const batch: Entry[] = []
    const due = Math.min(BATCH_BYTES, this.#parts.memoryBytes - this.#goal)
    let bytes = 0
    for (const entry of this.#parts.recency) {
      if (bytes >= due || batch.length === BATCH_COUNT) break
      bytes += entry.size
      if (entry.place === undefined) batch.push(entry)
      else this.#parts.letGo(entry)
    }
    return batch
  }

  async #writeBatch(batch: readonly Entry[]): Promise<void> {
    const bytes = sizeOf(batch)
    this.leavingBytes += bytes
    const groups = groupsOf(batch)
    const ends = await Promise.allSettled(Array.from({ length: WRITES_MAX }, () => this.#writeGroups(groups)))
    this.leavingBytes -= bytes
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  /** Takes one after the other from `groups`, of which others take too. */
  async #writeGroups(groups: Entry[][]): Promise<void> {
    try {
      for (let group = groups.shift(); group !== undefined; group = groups.shift())
        await this.#writeGroup(group.filter((entry) => this.#parts.isHere(entry)))
    } catch (error) {
      groups.length = 0
      throw error
    }
  }

  async #writeGroup(group: readonly Entry[]): Promise<void> {
    if (group.length === 0 || this.#closed) return
    this.#checkRoom(sizeOf(group))
    const values = group.map(({ value }) => value as Encoded)
    for (const value of values) this.#parts.memory.retain(value)
    try {
      const places = await this.#parts.files.write(values)
      await nextTurn()
      for (const [i, entry] of group.entries()) this.#settle(entry, places[i]!)
    } finally {
      for (const value of values) this.#parts.memory.release(value)
    }
  }

  #settle(entry: Entry, place: Place): void {
    if (!this.#parts.isHere(entry)) {
      this.drop(place)
      return
    }
    entry.place = place
    this.#parts.letGo(entry)
  }

  #checkRoom(bytes: number): void {
    const { maxSpillBytes } = this.#parts.limits
    const { files } = this.#parts
    if (maxSpillBytes === undefined || files.bytes + bytes <= maxSpillBytes) return
    throw new Error(`maxSpill allows ${maxSpillBytes} bytes on disk, of which ${files.bytes} are taken`)
  }

  #noteFailure(error: Error): void {
    this.#failedAt = performance.now()
    const isNew = this.#obstacle === undefined
    this.#obstacle = error.message
    if (isNew) this.#parts.events.onObstacle(error.message)
  }
}

function sizeOf(entries: readonly Entry[]): number {
  return entries.reduce((bytes, { size }) => bytes + size, 0)
}

/** Whoever was given a value in the turn before has retained it then, or does not need it. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Large values alone, small ones together. */
function groupsOf(batch: readonly Entry[]): Entry[][] {
  const small = batch.filter(({ size }) => size < SHARED_FILE_BYTES)
  const large = batch.filter(({ size }) => size >= SHARED_FILE_BYTES).map((entry) => [entry])
  return small.length === 0 ? large : [small, ...large]
}
