const ADDON_LOADED = 0
const HEAP_USED_KIB = 1

/** What main has to know of a thread though it may be too busy to answer, in shared memory. */
export class ThreadFlags {
  readonly #words: Int32Array

  constructor(readonly memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory)
  }

  static fresh(): ThreadFlags {
    return new ThreadFlags(new SharedArrayBuffer(8))
  }

  /** It has loaded a native addon: ending it by force could abort the process. */
  get addonLoaded(): boolean {
    return Atomics.load(this.#words, ADDON_LOADED) !== 0
  }

  noteAddon(): void {
    Atomics.store(this.#words, ADDON_LOADED, 1)
  }

  /** Bytes, as of its last report; 0 before the first. */
  get heapUsed(): number {
    return Atomics.load(this.#words, HEAP_USED_KIB) * 1024
  }

  noteHeap(nbytes: number): void {
    Atomics.store(this.#words, HEAP_USED_KIB, Math.round(nbytes / 1024))
  }
}
