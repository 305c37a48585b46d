import type { Job } from './executor.js'

/** Jobs that no thread has yet, in their order; any can be taken out. */
export class JobQueue {
  readonly #jobs = new Map<number, Job>()

  get size(): number {
    return this.#jobs.size
  }

  push(job: Job): void {
    this.#jobs.set(job.id, job)
  }

  peek(): Job | undefined {
    for (const job of this.#jobs.values()) return job
    return undefined
  }

  shift(): Job | undefined {
    const job = this.peek()
    if (job !== undefined) this.#jobs.delete(job.id)
    return job
  }

  remove(id: number): Job | undefined {
    const job = this.#jobs.get(id)
    if (job !== undefined) this.#jobs.delete(id)
    return job
  }

  /** Before all others: they had their turn already. */
  putBack(jobs: readonly Job[]): void {
    if (jobs.length === 0) return
    const rest = this.takeAll()
    for (const job of [...jobs, ...rest]) this.push(job)
  }

  takeAll(): Job[] {
    const all = [...this.#jobs.values()]
    this.#jobs.clear()
    return all
  }
}
