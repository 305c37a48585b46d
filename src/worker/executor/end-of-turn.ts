/** Runs something once at the end of this turn of the event loop, however often it is asked to. */
export class EndOfTurn {
  readonly #run: () => void
  #asked = false
  #stopped = false

  constructor(run: () => void) {
    this.#run = run
  }

  ask(): void {
    if (this.#asked || this.#stopped) return
    this.#asked = true
    setImmediate(() => {
      this.#asked = false
      this.#run()
    })
  }

  /** What was asked before still runs. */
  stop(): void {
    this.#stopped = true
  }
}
