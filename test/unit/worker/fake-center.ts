/** A center that does as it is told, to look at one worker from outside. */
import { compactForm } from '../../../src/protocol/compact.js'
import type { FromWorkerMessage, ToWorkerMessage, WorkerInfo } from '../../../src/protocol/messages.js'
import type { CenterRequests, Identity } from '../../../src/protocol/requests.js'
import { whyNotFromWorker } from '../../../src/protocol/validate-messages.js'
import { CENTER_CHECKS } from '../../../src/protocol/validate-requests.js'
import { Server } from '../../../src/rpc/server.js'
import type { MessageStream } from '../../../src/rpc/stream.js'

export const QUIET = { debug() {}, info() {}, warn() {}, error() {} }

export class FakeCenter {
  readonly registered: WorkerInfo[] = []
  readonly said: FromWorkerMessage[] = []
  /** Requests beside the registration, by operation. */
  readonly asked: string[] = []
  readonly holders = new Map<string, string[]>()
  stream: MessageStream<ToWorkerMessage> | undefined
  streamEnded = 0
  heartbeatStatus: 'OK' | 'missing' = 'OK'
  heartbeatMs = 50
  /** Of the last heartbeat. */
  metrics: CenterRequests['heartbeat_worker']['ask']['metrics'] | undefined
  refuse: Error | undefined
  address = ''
  #server: Server | undefined
  readonly #type: Identity['type']

  constructor(type: Identity['type'] = 'Center') {
    this.#type = type
  }

  async listen(address = 'tcp://127.0.0.1:0'): Promise<this> {
    this.#server = this.#makeServer()
    this.address = await this.#server.listen(address)
    return this
  }

  get port(): number {
    return Number(new URL(this.address).port)
  }

  ops(): string[] {
    return this.said.map(({ op }) => op)
  }

  close(): Promise<void> {
    return this.#server!.close()
  }

  #makeServer(): Server {
    const type = this.#type
    const unused = () => ({ status: 'OK' })
    return new Server({
      name: 'center',
      logger: QUIET,
      checks: CENTER_CHECKS,
      handlers: {
        identity: () => ({ type, id: 'c', address: this.address, version: '0', pid: 1 }),
        who_has: ({ keys }: { keys: string[] }) => {
          this.asked.push(`who_has ${keys.join(' ')}`)
          return { status: 'OK', who_has: new Map(keys.map((key) => [key, this.holders.get(key) ?? []])) }
        },
        heartbeat_worker: ({ metrics }: CenterRequests['heartbeat_worker']['ask']) => {
          this.asked.push('heartbeat_worker')
          this.metrics = metrics
          return { status: this.heartbeatStatus, heartbeat: this.heartbeatMs }
        },
        unregister: ({ reason }: { reason: string }) => {
          this.asked.push(`unregister ${reason}`)
          return { status: 'OK' }
        },
        ping: unused,
      },
      streams: {
        'register-worker': (info: WorkerInfo, accept) => {
          if (this.refuse !== undefined) throw this.refuse
          this.registered.push(info)
          this.stream = accept(
            { status: 'OK', epoch: 1, heartbeat: this.heartbeatMs },
            {
              check: whyNotFromWorker,
              compact: compactForm('task-finished'),
              onMessages: (messages: FromWorkerMessage[]) => void this.said.push(...messages),
              onClose: () => void this.streamEnded++,
            },
          )
        },
      },
    })
  }
}
