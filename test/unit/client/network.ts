/** A scheduler, a worker that runs tasks in this thread, and two clients, all as shipped. */
import { expect } from 'vitest'
import { Client } from '../../../src/client/client.js'
import { originalOf, rememberOriginals } from '../../../src/code/identity.js'
import { Scheduler } from '../../../src/scheduler/scheduler.js'
import { InlineExecutor } from '../../../src/worker/executor/inline-executor.js'
import { Worker } from '../../../src/worker/worker.js'

export const inc = (x: number): number => x + 1

export class Network {
  readonly warnings: string[] = []

  private constructor(
    readonly scheduler: Scheduler,
    readonly worker: Worker,
    readonly client: Client,
    readonly other: Client,
    warnings: string[],
  ) {
    this.warnings = warnings
  }

  static async start(): Promise<Network> {
    rememberOriginals()
    const warnings: string[] = []
    const say = (text: string) => void warnings.push(text)
    const logger = { debug() {}, info() {}, warn: say, error: say }
    const scheduler = await new Scheduler({ port: 0, validate: true, logger }).start()
    const executor = new InlineExecutor({ workerName: 'alice', original: originalOf })
    const worker = await new Worker(scheduler.address, { name: 'alice', executor, logger }).start()
    const connect = () => Client.connect(scheduler.address, { logger })
    return new Network(scheduler, worker, await connect(), await connect(), warnings)
  }

  /** How many tasks the scheduler knows. */
  get known(): number {
    return Object.values(this.scheduler.tasks()).reduce((sum, n) => sum + n, 0)
  }

  /** Nothing was registered, nobody was cut off, and another client is served. */
  async isUndisturbed(): Promise<void> {
    const future = this.other.submit(inc, 1)
    expect(await future.result()).toBe(2)
    future.release()
    const mine = this.client.submit(inc, 2)
    expect(await mine.result()).toBe(3)
    mine.release()
    await expect.poll(() => this.known).toBe(0)
    expect(this.warnings).toEqual([])
  }

  async close(): Promise<void> {
    await Promise.all([this.client.close(), this.other.close()])
    await this.worker.close('the test is over')
    await this.scheduler.close()
  }
}
