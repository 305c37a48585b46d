import { Heap } from '../util/heap.js'

interface Due {
  readonly time: number
  readonly number: number
  readonly act: () => void
  /** Happens for ever: no sign that something goes on. */
  readonly idle: boolean
}

/** Virtual time: what is to happen, when. Equal times keep their order. */
export class Timeline {
  now = 0
  /** Things to come, but for the idle ones. */
  busy = 0
  #count = 0
  readonly #due = new Heap<Due>((a, b) => a.time - b.time || a.number - b.number)

  after(ms: number, act: () => void): void {
    this.at(this.now + ms, act)
  }

  at(time: number, act: () => void): void {
    this.busy++
    this.#due.push({ time, number: this.#count++, act, idle: false })
  }

  /** For what comes round and round. */
  idleAfter(ms: number, act: () => void): void {
    this.idleAt(this.now + ms, act)
  }

  /** Never before that time, not even by a rounding: who asked to be woken believes that it has come. */
  idleAt(time: number, act: () => void): void {
    this.#due.push({ time, number: this.#count++, act, idle: true })
  }

  /** The next thing happens. */
  step(): void {
    const due = this.#due.pop()
    if (due === undefined) return
    this.now = Math.max(this.now, due.time)
    if (!due.idle) this.busy--
    due.act()
  }
}
