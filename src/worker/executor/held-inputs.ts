import type { SharedMemory } from '../memory/shared-memory.js'
import type { Job } from './executor.js'

/** Keeps the memory of a job's inputs from being used for anything else, until `letGo` when the job has ended. */
export class HeldInputs {
  readonly #memory: SharedMemory

  constructor(memory: SharedMemory) {
    this.#memory = memory
  }

  hold({ inputs }: Job): void {
    if (inputs.size > 0) for (const input of inputs.values()) this.#memory.retain(input)
  }

  letGo({ inputs }: Job): void {
    if (inputs.size > 0) for (const input of inputs.values()) this.#memory.release(input)
  }
}
