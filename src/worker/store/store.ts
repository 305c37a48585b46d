/** The values that a worker holds, each as it travels. Nothing in here decodes. */
import type { Key } from '../../protocol/names.js'
import { Encoded } from '../../values/encoded.js'
import { Entry } from './entry.js'
import { COLLECTED, type ValueMemory } from './memory.js'
import { Recency } from './recency.js'
import type { Place, SpillFiles } from './spill-files.js'
import { type SpillEvents, Spiller } from './spiller.js'

/** Where the values of a worker are. `get` sees those in memory; `load` also what had to leave it. */
export interface ValueStore {
  /** The store holds the value from now on; one that had the key before is let go. */
  put(key: Key, value: Encoded): void
  /** The value if it is in memory. Whoever uses it beyond this turn retains its memory. */
  get(key: Key): Encoded | undefined
  /**
   * The value wherever it is; undefined when it is not here, or could not be read. Whoever uses it retains its memory
   * at once, that is, before anything but microtasks has run.
   */
  load(key: Key): Promise<Encoded | undefined>
  has(key: Key): boolean
  /** Bytes that the value takes; 0 when it is not here. */
  sizeOf(key: Key): number
  /** @returns whether it was here. */
  delete(key: Key): boolean
  keys(): IterableIterator<Key>
  readonly size: number
  /** Sum of the sizes in memory, in bytes. */
  readonly memoryBytes: number
  /** Sum of the sizes of what is only on disk, in bytes. */
  readonly spilledBytes: number
  /** What was secured is not stored after all. */
  forgo(value: Encoded): void
  clear(): void
}

export interface StoreLimits {
  /** Values in memory beyond this go to disk, the least recently used first; one that is larger alone goes first. */
  readonly targetBytes?: number | undefined
  /** What may be on disk. Default: as much as there is room for. */
  readonly maxSpillBytes?: number | undefined
}

/** Values in memory and, once there is a disk, on disk. What is being written stays readable. */
export class Store implements ValueStore {
  readonly #entries = new Map<Key, Entry>()
  /** Those in memory. */
  readonly #recency = new Recency<Entry>()
  readonly #memory: ValueMemory
  readonly #targetBytes: number
  readonly #limits: StoreLimits
  #spiller: Spiller | undefined
  #growth = { every: Number.POSITIVE_INFINITY, tell: () => {} }
  #grown = 0
  #memoryBytes = 0
  #spilledBytes = 0

  constructor(memory: ValueMemory = COLLECTED, limits: StoreLimits = {}) {
    this.#memory = memory
    this.#limits = limits
    this.#targetBytes = limits.targetBytes ?? Number.POSITIVE_INFINITY
  }

  /** From now on values can leave memory. */
  openDisk(files: SpillFiles, events: SpillEvents): void {
    const store = this
    this.#spiller = new Spiller({
      files,
      events,
      memory: this.#memory,
      limits: this.#limits,
      recency: this.#recency,
      get memoryBytes() {
        return store.#memoryBytes
      },
      letGo: (entry) => this.#letGo(entry),
      isHere: (entry) => this.#entries.get(entry.key) === entry,
    })
    this.#spiller.relieve()
  }

  put(key: Key, value: Encoded): void {
    this.#memory.retain(value)
    this.delete(key)
    const entry = new Entry(key, value)
    this.#entries.set(key, entry)
    entry.place = this.#spiller?.takeSecured(value)
    this.#toMemory(entry)
  }

  get(key: Key): Encoded | undefined {
    const entry = this.#entries.get(key)
    if (entry?.value !== undefined && entry.size <= this.#targetBytes) this.#recency.touch(entry)
    return entry?.value
  }

  load(key: Key): Promise<Encoded | undefined> {
    const value = this.get(key)
    const entry = this.#entries.get(key)
    if (value !== undefined || entry === undefined) return Promise.resolve(value)
    entry.reading ??= this.#read(entry).finally(() => {
      entry.reading = undefined
    })
    return entry.reading
  }

  has(key: Key): boolean {
    return this.#entries.has(key)
  }

  sizeOf(key: Key): number {
    return this.#entries.get(key)?.size ?? 0
  }

  delete(key: Key): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined) return false
    this.#entries.delete(key)
    if (entry.value !== undefined) this.#outOfMemory(entry)
    else this.#spilledBytes -= entry.size
    if (entry.place !== undefined) this.#spiller?.drop(entry.place)
    return true
  }

  keys(): IterableIterator<Key> {
    return this.#entries.keys()
  }

  get size(): number {
    return this.#entries.size
  }

  get memoryBytes(): number {
    return this.#memoryBytes
  }

  get spilledBytes(): number {
    return this.#spilledBytes
  }

  /** Bytes in memory that go as soon as a write which is under way is done. */
  get leavingBytes(): number {
    return this.#spiller?.leavingBytes ?? 0
  }

  /** Why nothing can go to disk just now, in words; undefined: it can. */
  get obstacle(): string | undefined {
    return this.#spiller === undefined ? 'there is no disk to write to' : this.#spiller.obstacle
  }

  /** Moves at least so many bytes from memory to disk, if there are as many; resolves to how many it were. */
  async evict(nbytes: number): Promise<number> {
    const before = this.#memoryBytes
    await this.#spiller?.evict(nbytes)
    return before - this.#memoryBytes
  }

  /**
   * Writes a value that is too large for memory before anybody is told of it; `put` then finds it on disk.
   * @throws what the system says.
   */
  async secure(value: Encoded): Promise<void> {
    await this.#spiller?.secure(value)
  }

  forgo(value: Encoded): void {
    this.#spiller?.forgo(value)
  }

  /** From now on calls back whenever so many bytes have come into memory. Replaces whoever was called before. */
  onGrowth(every: number, tell: () => void): void {
    this.#growth = { every, tell }
  }

  /** Looks whether there is more in memory than the target allows, as after a failure of the disk. */
  relieve(): void {
    if (this.#memoryBytes > this.#targetBytes || this.#spiller?.obstacle !== undefined) this.#spiller?.relieve()
  }

  clear(): void {
    for (const key of [...this.#entries.keys()]) this.delete(key)
  }

  /** Ends what is under way; nothing is written any more. */
  async close(): Promise<void> {
    await this.#spiller?.close()
  }

  async #read(entry: Entry): Promise<Encoded | undefined> {
    const spiller = this.#spiller as Spiller
    const read = await spiller.read(entry.place as Place).catch((error: Error) => error)
    const isHere = this.#entries.get(entry.key) === entry
    if (!(read instanceof Encoded)) {
      if (isHere) {
        this.delete(entry.key)
        spiller.tellLost(entry.key, read)
      }
      return undefined
    }
    // Whoever began to read gets it, even if it was deleted since.
    if (isHere) this.#bringBack(entry, read)
    return read
  }

  #bringBack(entry: Entry, value: Encoded): void {
    this.#spilledBytes -= entry.size
    this.#memory.retain(value)
    entry.value = value
    // Without a bound its file stays: to let it go once more costs nothing then.
    if (this.#limits.maxSpillBytes !== undefined) this.#dropPlace(entry)
    // What is used once, as most is, leaves first: else it would push out what is used next, which must be written.
    this.#toMemory(entry, entry.wasRead ? 'newest' : 'oldest')
    entry.wasRead = true
  }

  #toMemory(entry: Entry, as: 'newest' | 'oldest' = 'newest'): void {
    this.#memoryBytes += entry.size
    if (as === 'oldest' || entry.size > this.#targetBytes) this.#recency.addOldest(entry)
    else this.#recency.add(entry)
    if (this.#memoryBytes > this.#targetBytes) this.#spiller?.relieve()
    this.#grown += entry.size
    if (this.#grown < this.#growth.every) return
    this.#grown = 0
    this.#growth.tell()
  }

  #outOfMemory(entry: Entry): void {
    this.#memoryBytes -= entry.size
    this.#recency.remove(entry)
    this.#memory.release(entry.value as Encoded)
    entry.value = undefined
  }

  /** It is on disk: its memory goes. */
  #letGo(entry: Entry): void {
    this.#outOfMemory(entry)
    this.#spilledBytes += entry.size
  }

  #dropPlace(entry: Entry): void {
    if (entry.place !== undefined) this.#spiller?.drop(entry.place)
    entry.place = undefined
  }
}
