import type { Artefact } from '../../code/artefact.js'
import { readEnvironment } from '../../code/environment.js'
import type { Key } from '../../protocol/names.js'
import { environmentOf } from '../../util/function-ref.js'
import type { ExecutorEvents, ExecutorStats, Job, TaskExecutor } from './executor.js'

/** Threads for most tasks, processes for those whose environment asks for one. */
export class IsolatingExecutor implements TaskExecutor {
  readonly nthreads: number
  readonly stats: ExecutorStats
  readonly #threads: TaskExecutor
  readonly #processes: TaskExecutor
  /** Hashes of environments. */
  readonly #apart = new Set<string>()
  /** Jobs that are in processes. */
  readonly #ids = new Set<number>()

  constructor(threads: TaskExecutor, processes: TaskExecutor) {
    this.nthreads = threads.nthreads
    this.#threads = threads
    this.#processes = processes
    this.stats = sum(threads.stats, processes.stats)
  }

  async start(events: ExecutorEvents): Promise<void> {
    const ended: ExecutorEvents = {
      ...events,
      onOutcome: (job, outcome) => {
        this.#ids.delete(job.id)
        events.onOutcome(job, outcome)
      },
    }
    await Promise.all([this.#threads.start(events), this.#processes.start(ended)])
  }

  addCode(artefact: Artefact): void {
    const isApart = artefact.kind === 'environment' && readEnvironment(artefact).isolation === 'process'
    if (isApart) this.#apart.add(artefact.hash)
    this.#threads.addCode(artefact)
    this.#processes.addCode(artefact)
  }

  removeCode(hash: string): void {
    this.#apart.delete(hash)
    this.#threads.removeCode(hash)
    this.#processes.removeCode(hash)
  }

  submit(job: Job): void {
    if (this.#apart.size === 0 || !this.#isApart(job)) return this.#threads.submit(job)
    this.#ids.add(job.id)
    this.#processes.submit(job)
  }

  withdraw(id: number): boolean {
    if (!this.#ids.has(id)) return this.#threads.withdraw(id)
    const ok = this.#processes.withdraw(id)
    if (ok) this.#ids.delete(id)
    return ok
  }

  abort(id: number, graceMs: number): void {
    const where = this.#ids.has(id) ? this.#processes : this.#threads
    where.abort(id, graceMs)
  }

  forget(keys: readonly Key[]): void {
    this.#threads.forget(keys)
  }

  async close(): Promise<void> {
    await Promise.all([this.#threads.close(), this.#processes.close()])
  }

  #isApart(job: Job): boolean {
    const environment = environmentOf(job.function)
    return environment !== undefined && this.#apart.has(environment)
  }
}

function sum(threads: ExecutorStats, processes: ExecutorStats): ExecutorStats {
  return {
    threads: threads.threads,
    get executing() {
      return threads.executing + processes.executing
    },
    get offered() {
      return threads.offered + processes.offered
    },
    get done() {
      return threads.done + processes.done
    },
    get meanMs() {
      return threads.meanMs
    },
    get appetite() {
      return threads.appetite
    },
  }
}
