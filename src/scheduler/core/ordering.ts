/**
 * In which order the tasks of a graph should run, so that few intermediate results live at once (semantics.md §4.5).
 * A depth-first walk in the spirit of dask.order: sub-trees are finished one by one.
 */

/** Inputs of each task, as places in the same list. */
export type Links = readonly (readonly number[])[]

/**
 * Places in the order in which they should run; an input always comes before what needs it. Yields now and then, at
 * the caller's wish.
 *
 * Returns a cycle instead, if there is one: each of it needs the next.
 */
export function* orderOf(links: Links, isTired: () => boolean): Generator<void, Order> {
  if (links.every((inputs) => inputs.length === 0)) return { order: links.map((_, i) => i) }
  const walk = new Walk(links)
  for (const root of walk.roots()) {
    const cycle = yield* walk.visit(root, isTired)
    if (cycle !== undefined) return { cycle }
  }
  return { order: walk.order }
}

export type Order = { order: number[]; cycle?: undefined } | { cycle: number[]; order?: undefined }

const UNSEEN = 0
const OPEN = 1
const DONE = 2

class Walk {
  readonly order: number[] = []
  readonly #state: Uint8Array

  constructor(readonly links: Links) {
    this.#state = new Uint8Array(links.length)
  }

  /** Those that nothing needs come first, in the order of submission; what is left then is on cycles. */
  *roots(): Generator<number> {
    const needed = new Uint8Array(this.links.length)
    for (const inputs of this.links) for (const i of inputs) needed[i] = 1
    for (let i = 0; i < needed.length; i++) if (needed[i] === 0) yield i
    for (let i = 0; i < needed.length; i++) if (this.#state[i] === UNSEEN) yield i
  }

  /** Emits all that `root` needs, then itself. */
  *visit(root: number, isTired: () => boolean): Generator<void, number[] | undefined> {
    if (this.#state[root] !== UNSEEN) return undefined
    const path = [root]
    const rest = [this.#open(root)]
    while (path.length > 0) {
      if (isTired()) yield
      const inputs = rest.at(-1) as number[]
      const next = inputs.pop()
      if (next === undefined) {
        rest.pop()
        this.#close(path.pop() as number)
      } else if (this.#state[next] === OPEN) {
        return [...path.slice(path.indexOf(next)), next]
      } else if (this.#state[next] === UNSEEN) {
        path.push(next)
        rest.push(this.#open(next))
      }
    }
    return undefined
  }

  /** Its inputs, the one to be visited first last. */
  #open(place: number): number[] {
    this.#state[place] = OPEN
    return [...(this.links[place] as readonly number[])].reverse()
  }

  #close(place: number): void {
    this.#state[place] = DONE
    this.order.push(place)
  }
}
