/**
 * Dask's shuffles (P2P) spread their output over all workers of the cluster, and only Python's can hold it. The first that
 * one of ours hears of a shuffle is data for it. It then has the scheduler keep that shuffle to Python's workers and
 * begin it anew. The two of a merge copy each other's choice while one of them goes on, so those that are heard of
 * together begin anew together. Nobody is answered before: no run that has given us data can come to its end.
 */
import { HeddleError, PythonError } from '../../errors.js'
import { pythonError } from '../values/exceptions.js'
import { fieldsOf } from '../wire/plain.js'

/** So long others are waited for; longer each time that one comes again. */
const GATHER_MS = 100
/** So often the same shuffle is begun anew. */
const RESTARTS_MAX = 8
const KNOWN_MAX = 1000
/** The scheduler goes by the workers that may run the task of this name. */
const BARRIER = 'shuffle-barrier-'

/** What is asked of the scheduler. */
export interface ShuffleParts {
  /** Addresses of Python's workers. */
  pythonWorkers(): Promise<readonly string[]>
  /** @throws HeddleError, with Python's exception as its cause. */
  ask(op: string, fields: object): Promise<unknown>
}

interface Shuffle {
  /** The latest run that we were to take part in, and the latest that has ended. */
  run: number
  ended: number
  restarts: number
}

/** See above. */
export class Shuffles {
  readonly #parts: ShuffleParts
  readonly #known = new Map<string, Shuffle>()
  #leaving: Promise<void> | undefined

  constructor(parts: ShuffleParts) {
    this.#parts = parts
  }

  /** Resolves when that run has ended, without us. @throws PythonError when it goes on. */
  async leave(id: string, run: number): Promise<void> {
    const shuffle = this.#known.get(id) ?? { run, ended: -1, restarts: 0 }
    this.#known.set(id, shuffle)
    if (run <= shuffle.ended) return
    if (shuffle.restarts >= RESTARTS_MAX) throw cannotTakePart()
    shuffle.run = Math.max(run, shuffle.run)
    while (shuffle.ended < run) await this.#together(shuffle)
  }

  /** A worker has gone: shuffles that may only run there and elsewhere would choose it again. */
  async lost(): Promise<void> {
    await this.#forgetEnded()
    if (this.#known.size > 0) await this.#restrict([...this.#known.keys()], null)
  }

  #together({ restarts }: Shuffle): Promise<void> {
    this.#leaving ??= this.#leaveAll(GATHER_MS * (1 + restarts)).finally(() => {
      this.#leaving = undefined
    })
    return this.#leaving
  }

  async #leaveAll(afterMs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    if (this.#known.size > KNOWN_MAX) await this.#forgetEnded()
    const shuffles = [...this.#known].filter(([, { run, ended }]) => run > ended)
    const workers = await this.#parts.pythonWorkers()
    if (workers.length === 0) throw cannotTakePart()
    await this.#restrict(
      shuffles.map(([id]) => id),
      workers,
    )
    await Promise.all(shuffles.map(([id, shuffle]) => this.#restart(id, shuffle)))
  }

  async #restrict(ids: readonly string[], workers: readonly string[] | null): Promise<void> {
    const worker = Object.fromEntries(ids.map((id) => [BARRIER + id, workers]))
    await this.#parts.ask('set_restrictions', { worker })
  }

  async #restart(id: string, shuffle: Shuffle): Promise<void> {
    const { run } = shuffle
    shuffle.restarts++
    try {
      await this.#parts.ask('shuffle_barrier', { id, run_id: run, consistent: false })
    } catch (error) {
      if (!hasEnded(error)) throw error
    }
    shuffle.ended = run
  }

  async #forgetEnded(): Promise<void> {
    const keys = [...this.#known.keys()].map((id) => BARRIER + id)
    const states = fieldsOf(await this.#parts.ask('get_task_status', { keys }), 'states of tasks')
    for (const key of keys) if (typeof states.get(key) !== 'string') this.#known.delete(key.slice(BARRIER.length))
  }
}

/** The scheduler knows no such run any more. */
function hasEnded(error: unknown): boolean {
  const cause = error instanceof HeddleError ? error.cause : undefined
  return cause instanceof PythonError && (cause.type === 'KeyError' || cause.type === 'ValueError')
}

function cannotTakePart(): Error {
  const text = 'a Heddle worker cannot take part in a shuffle: name Python’s workers, compute(…, workers=[…])'
  return pythonError('NotImplementedError', text)
}
