import type { SharedMemory } from '../memory/shared-memory.js'
import type { Job } from './executor.js'

/** Keeps the memory of jobs' inputs from being used for anything else until the jobs have ended. */
export class HeldInputs {
  readonly #memory: SharedMemory
  /** Those that have any. */
  readonly #jobs = new Map<number, Job>()

  constructor(memory: SharedMemory) {
    this.#memory = memory
  }

  hold(job: Job): void {
    if (job.inputs.size === 0) return
    this.#jobs.set(job.id, job)
    for (const input of job.inputs.values()) this.#memory.retain(input)
  }

  letGo(id: number): void {
    const job = this.#jobs.get(id)
    if (job === undefined) return
    this.#jobs.delete(id)
    for (const input of job.inputs.values()) this.#memory.release(input)
  }
}
