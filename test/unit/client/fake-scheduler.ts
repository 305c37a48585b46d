/** A scheduler that does as it is told, to look at one client from outside; and workers that hold values. */
import type { FromClientMessage, MapSpec, TaskSpec, ToClientMessage } from '../../../src/protocol/messages.js'
import type { WorkerSummary } from '../../../src/protocol/requests.js'
import { whyNotFromClient } from '../../../src/protocol/validate-messages.js'
import { SCHEDULER_CHECKS, WORKER_CHECKS } from '../../../src/protocol/validate-requests.js'
import { Server } from '../../../src/rpc/server.js'
import type { MessageStream } from '../../../src/rpc/stream.js'
import { encode } from '../../../src/values/encode.js'
import type { Encoded } from '../../../src/values/encoded.js'

export const QUIET = { debug() {}, info() {}, warn() {}, error() {} }

let count = 0
const freshAddress = () => `inproc://client-test-${++count}`

export class FakeScheduler {
  readonly said: FromClientMessage[] = []
  /** Requests, by operation. */
  readonly asked: { op: string; ask: Record<string, unknown> }[] = []
  readonly holders = new Map<string, string[]>()
  readonly workers = new Map<string, WorkerSummary>()
  /** What a restart answers. */
  restarted = { workers: ['tcp://127.0.0.1:1'], missing: [] as string[] }
  clientId = ''
  stream: MessageStream<ToClientMessage> | undefined
  streamEnded = 0
  address = ''
  #server: Server | undefined

  async listen(address = freshAddress()): Promise<this> {
    this.#server = this.#makeServer()
    this.address = await this.#server.listen(address)
    return this
  }

  get tasks(): TaskSpec[] {
    return this.said.flatMap((message) => (message.op === 'update-graph' ? message.tasks : []))
  }

  get maps(): MapSpec[] {
    return this.said.flatMap((message) => (message.op === 'update-graph' ? (message.maps ?? []) : []))
  }

  get released(): string[] {
    return this.said.flatMap((message) => (message.op === 'client-releases-keys' ? message.keys : []))
  }

  ops(): string[] {
    return this.said.map(({ op }) => op)
  }

  say(message: ToClientMessage): void {
    this.stream!.send(message)
  }

  finish(key: string, value: unknown): void {
    const inline = encode(value)
    this.say({ op: 'key-in-memory', key, nbytes: inline.nbytes, typename: typeof value, who_has: [], inline })
  }

  /** The value is at that worker, and the client must fetch it. */
  finishAt(key: string, ...workers: FakeWorker[]): void {
    const who_has = workers.map(({ address }) => address)
    this.holders.set(key, who_has)
    this.say({ op: 'key-in-memory', key, nbytes: 8, typename: 'number', who_has })
  }

  fail(key: string, error: Error, blame = key): void {
    this.say({ op: 'task-erred', key, error: encode(error), blame })
  }

  addWorker({ address }: FakeWorker, name: string): void {
    this.workers.set(address, {
      name,
      host: '127.0.0.1',
      nthreads: 1,
      memory_limit: null,
      local_directory: '',
      resources: {},
      services: {},
      pid: 1,
      status: 'running',
      nbytes: 0,
      processing: 0,
    })
  }

  /** As if it had been killed. */
  async die(): Promise<void> {
    this.stream?.abort(new Error('killed'))
    await this.close()
  }

  close(): Promise<void> {
    return this.#server!.close()
  }

  #makeServer(): Server {
    const answer = (op: string, reply: (ask: never) => object) => (ask: Record<string, unknown>) => {
      this.asked.push({ op, ask })
      return { status: 'OK', ...reply(ask as never) }
    }
    const empty = () => ({})
    return new Server({
      name: 'scheduler',
      logger: QUIET,
      checks: SCHEDULER_CHECKS,
      handlers: {
        who_has: answer('who_has', ({ keys }: { keys: string[] }) => ({
          who_has: new Map(keys.map((key) => [key, this.holders.get(key) ?? []])),
        })),
        workers: answer('workers', () => ({ workers: this.workers })),
        add_keys: answer('add_keys', empty),
        restart: answer('restart', () => this.restarted),
        replicate: answer('replicate', empty),
        retire_workers: answer('retire_workers', ({ workers }: { workers: string[] }) => ({ workers })),
      },
      streams: {
        'register-client': (ask: { client: string }, accept) => {
          this.clientId = ask.client
          this.stream = accept({ status: 'OK', epoch: 1, heartbeat: 5000 }, {
            check: whyNotFromClient,
            onMessages: (messages: FromClientMessage[]) => void this.said.push(...messages),
            onClose: () => void this.streamEnded++,
          } as never)
        },
      },
    })
  }
}

/** Holds values and gives them. */
export class FakeWorker {
  readonly data = new Map<string, Encoded>()
  /** What was asked of it, by operation. */
  readonly asked: string[] = []
  /** How often it will say that it is busy. */
  busy = 0
  address = ''
  #server: Server | undefined

  async listen(): Promise<this> {
    this.#server = new Server({
      name: 'worker',
      logger: QUIET,
      checks: WORKER_CHECKS,
      handlers: {
        get_data: ({ keys }: { keys: string[] }) => {
          this.asked.push(`get_data ${keys.join(' ')}`)
          if (this.busy > 0) {
            this.busy--
            return { status: 'busy', data: new Map() }
          }
          return { status: 'OK', data: new Map([...this.data].filter(([key]) => keys.includes(key))) }
        },
        update_data: ({ data }: { data: Map<string, Encoded> }) => {
          for (const [key, value] of data) this.data.set(key, value)
          this.asked.push(`update_data ${[...data.keys()].length}`)
          return { status: 'OK', nbytes: new Map([...data].map(([key, value]) => [key, value.nbytes])) }
        },
      },
    })
    this.address = await this.#server.listen(freshAddress())
    return this
  }

  put(key: string, value: unknown): this {
    this.data.set(key, encode(value))
    return this
  }

  close(): Promise<void> {
    return this.#server!.close()
  }
}
