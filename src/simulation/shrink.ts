/** Makes a failing run small: leaves out whatever it fails without. */
import type { SimulationOptions } from './options.js'
import { SimulationError, simulate } from './simulate.js'

/** Runs that are tried at most. */
const TRIES = 400

/**
 * The same failure with as few deeds and tasks as a search of some hundred runs finds, with its trace. What counts as
 * the same is that it fails: the reason may be said in other words.
 */
export function shrink(error: SimulationError): SimulationError {
  const search = new Search(error)
  search.leaveOut([...error.deeds.keys()], (o, more) => ({ ...o, withoutDeeds: [...(o.withoutDeeds ?? []), ...more] }))
  // A map is one thing.
  const tasks = search.best.tasks.filter((key) => !key.startsWith('m'))
  search.leaveOut(tasks, (o, more) => ({ ...o, withoutTasks: [...(o.withoutTasks ?? []), ...more] }))
  return failureOf({ ...search.best.options, trace: true }) ?? search.best
}

class Search {
  #tries = TRIES

  constructor(public best: SimulationError) {}

  /** Halves, quarters and so on, down to single ones, again while that helps. */
  leaveOut<T>(all: readonly T[], without: (options: SimulationOptions, more: readonly T[]) => SimulationOptions): void {
    let left = all
    for (
      let size = Math.ceil(left.length / 2);
      size >= 1 && this.#tries > 0;
      size = size === 1 ? 0 : Math.ceil(size / 2)
    ) {
      for (let start = 0; start < left.length && this.#tries > 0; ) {
        const part = left.slice(start, start + size)
        if (this.#fails(without(this.best.options, part))) left = left.filter((one) => !part.includes(one))
        else start += size
      }
    }
  }

  #fails(options: SimulationOptions): boolean {
    this.#tries--
    const failure = failureOf(options)
    if (failure !== undefined) this.best = failure
    return failure !== undefined
  }
}

/** Undefined: the run went well. Other errors than a failed run's are thrown. */
export function failureOf(options: SimulationOptions): SimulationError | undefined {
  try {
    simulate(options)
    return undefined
  } catch (error) {
    if (error instanceof SimulationError) return error
    throw error
  }
}
