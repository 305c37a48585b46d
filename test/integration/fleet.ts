import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Scheduler, type SchedulerOptions } from 'heddle'
import { expect } from 'vitest'
import { type Command, heddle } from './command.js'

/** A scheduler and a client in this process, and workers in processes of their own that nobody starts again. */
export class Fleet {
  readonly #workers = new Map<string, Command>()

  private constructor(
    readonly scheduler: Scheduler,
    readonly client: Client,
    readonly folder: string,
  ) {}

  static async start(names: readonly string[], options: SchedulerOptions = {}): Promise<Fleet> {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-fleet-'))
    const logger = { debug() {}, info() {}, warn() {}, error() {} }
    const scheduler = await new Scheduler({ port: 0, logger, ...options }).start()
    const client = await Client.connect(scheduler.address, { logger })
    const fleet = new Fleet(scheduler, client, folder)
    await Promise.all(names.map((name) => fleet.add(name)))
    return fleet
  }

  async add(name: string): Promise<void> {
    const worker = heddle(...this.argsOf(name))
    this.#workers.set(name, worker)
    await worker.says(/^Registered/)
  }

  /** How a worker of that name is started. */
  argsOf(name: string): string[] {
    const options = ['--name', name, '--nthreads', '1', '--no-nanny', '--local-directory', this.folder]
    return ['worker', this.scheduler.address, ...options]
  }

  worker(name: string): Command {
    return this.#workers.get(name)!
  }

  /** Of a worker that is registered. */
  addressOf(name: string): string | undefined {
    return Object.entries(this.scheduler.workers()).find(([, worker]) => worker.name === name)?.[0]
  }

  /** How many tasks the scheduler knows. */
  get known(): number {
    return Object.values(this.scheduler.tasks()).reduce((sum, n) => sum + n, 0)
  }

  /** A client that comes now is served. */
  async serves(): Promise<void> {
    const other = await Client.connect(this.scheduler.address)
    expect(await other.submit((x: number) => x + 1, 1).result()).toBe(2)
    await other.close()
  }

  async close(): Promise<void> {
    await this.client.close()
    const ends = [...this.#workers.values()].map((worker) => worker.signal('SIGKILL'))
    await Promise.all(ends)
    await this.scheduler.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
