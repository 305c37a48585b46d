/** An executor whose tasks end when the test says so. */

import { encode } from '../../../src/values/encode.js'
import type { Encoded } from '../../../src/values/encoded.js'
import type { ExecutorEvents, Job, Outcome, TaskExecutor } from '../../../src/worker/executor/executor.js'

export class HandExecutor implements TaskExecutor {
  readonly nthreads = 2
  readonly jobs = new Map<string, Job>()
  readonly code: string[] = []
  readonly forgotten: string[] = []
  closed = false
  #events: ExecutorEvents | undefined

  async start(events: ExecutorEvents): Promise<void> {
    this.#events = events
  }
  addCode({ hash }: { hash: string }): void {
    this.code.push(hash)
  }
  removeCode(): void {}
  submit(job: Job): void {
    this.jobs.set(job.key, job)
  }
  withdraw(): boolean {
    return false
  }
  abort(id: number): void {
    const [key] = [...this.jobs].find(([, job]) => job.id === id)!
    this.end(key, { status: 'aborted', thread: 0, start: 1, stop: 2 })
  }
  forget(keys: readonly string[]): void {
    this.forgotten.push(...keys)
  }
  get stats() {
    return { threads: 2, executing: this.jobs.size, offered: 0, done: 0, meanMs: 0, appetite: 2 }
  }
  async close(): Promise<void> {
    this.closed = true
  }

  succeed(key: string, value: unknown): void {
    const encoded: Encoded = encode(value)
    this.end(key, { status: 'ok', value: encoded, typename: typeof value, thread: 0, start: 1, stop: 2 })
  }
  end(key: string, outcome: Outcome): void {
    const job = this.jobs.get(key)!
    this.jobs.delete(key)
    this.#events!.onOutcome(job, outcome)
  }
}
