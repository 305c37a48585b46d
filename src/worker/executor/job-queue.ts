import type { Job } from './executor.js'

/** Jobs that no thread has yet, in their order; any can be taken out. */
export class JobQueue {
  #jobs: Job[] = []
  /** Where the first of them is. */
  #first = 0

  get size(): number {
    return this.#jobs.length - this.#first
  }

  push(job: Job): void {
    this.#jobs.push(job)
  }

  peek(): Job | undefined {
    return this.#jobs[this.#first]
  }

  shift(): Job | undefined {
    const job = this.peek()
    if (job === undefined) return undefined
    // Not one by one: that would move all of them each time.
    if (++this.#first * 2 > this.#jobs.length) this.#jobs = this.takeAll()
    return job
  }

  /** Seldom used: it looks through all. */
  remove(id: number): Job | undefined {
    const at = this.#jobs.findIndex((job, i) => i >= this.#first && job.id === id)
    return at < 0 ? undefined : this.#jobs.splice(at, 1)[0]
  }

  /** Before all others: they had their turn already. */
  putBack(jobs: readonly Job[]): void {
    if (jobs.length > 0) this.#jobs = [...jobs, ...this.takeAll()]
  }

  takeAll(): Job[] {
    const all = this.#jobs.slice(this.#first)
    this.#jobs = []
    this.#first = 0
    return all
  }
}
