/** Peers of a scheduler that say only what a test has them say. */
import { compactForm } from '../../../src/protocol/compact.js'
import type {
  FromClientMessage,
  FromWorkerMessage,
  ToClientMessage,
  ToWorkerMessage,
  WorkerInfo,
  WorkerMetrics,
} from '../../../src/protocol/messages.js'
import { ConnectionPool } from '../../../src/rpc/pool.js'
import { type MessageStream, openStream } from '../../../src/rpc/stream.js'

const LOOK_EVERY_MS = 2

/** A logger that says nothing. */
export const QUIET = { debug() {}, info() {}, warn() {}, error() {} }

/** What a peer has heard, and a way to wait for more. */
export class Ears<In extends { op: string }> {
  readonly heard: In[] = []
  closed: { reason: Error | undefined } | undefined

  readonly events = {
    check: () => undefined,
    onMessages: (messages: In[]) => void this.heard.push(...messages),
    onClose: (reason: Error | undefined) => {
      this.closed = { reason }
    },
  }

  /** The next message of that kind that has not been asked for yet. */
  async next<Op extends In['op']>(op: Op): Promise<Extract<In, { op: Op }>> {
    await until(() => this.closed !== undefined || this.heard.some((message) => message.op === op))
    const at = this.heard.findIndex((message) => message.op === op)
    if (at === -1) throw new Error(`closed without '${op}'`)
    return this.heard.splice(at, 1)[0] as Extract<In, { op: Op }>
  }
}

export class FakeWorker extends Ears<ToWorkerMessage> {
  stream!: MessageStream<FromWorkerMessage>
  info!: WorkerInfo
  reply!: { epoch: number; heartbeat: number }

  static async join(center: string, more: Partial<WorkerInfo> = {}): Promise<FakeWorker> {
    const worker = new FakeWorker()
    worker.info = infoOf(more)
    const opened = await openStream<ToWorkerMessage, FromWorkerMessage, { epoch: number; heartbeat: number }>(
      center,
      'register-worker',
      worker.info,
      { ...worker.events, compact: compactForm('compute-task') },
    )
    worker.stream = opened.stream
    worker.reply = opened.reply
    return worker
  }

  get address(): string {
    return this.info.address
  }

  holds(...keys: string[]): void {
    this.stream.send({ op: 'add-keys', keys, nbytes: keys.map(() => 8), stimulus_id: 'test' })
  }

  async close(): Promise<void> {
    await this.stream.close()
  }
}

export class FakeClient extends Ears<ToClientMessage> {
  stream!: MessageStream<FromClientMessage>
  id!: string
  reply!: { epoch: number; heartbeat: number }

  static async join(scheduler: string, id = `client-${++lastNumber}`): Promise<FakeClient> {
    const client = new FakeClient()
    client.id = id
    const opened = await openStream<ToClientMessage, FromClientMessage, { epoch: number; heartbeat: number }>(
      scheduler,
      'register-client',
      { client: id, version: '0.1.0' },
      { ...client.events, compact: compactForm('key-in-memory') },
    )
    client.stream = opened.stream
    client.reply = opened.reply
    return client
  }

  say(message: FromClientMessage): void {
    this.stream.send(message)
  }

  async close(): Promise<void> {
    await this.stream.close()
  }
}

let lastNumber = 0

function infoOf(more: Partial<WorkerInfo>): WorkerInfo {
  const address = `tcp://127.0.0.1:${50_000 + ++lastNumber}`
  return {
    address,
    name: more.name ?? more.address ?? address,
    nthreads: 1,
    memory_limit: null,
    local_directory: '/tmp',
    resources: {},
    services: {},
    nanny: null,
    pid: lastNumber,
    host: '127.0.0.1',
    holds: new Map(),
    ...more,
  }
}

export const METRICS: WorkerMetrics = {
  memory: 1e6,
  managed_bytes: 0,
  spilled_bytes: 0,
  cpu: 1,
  event_loop_delay: 0,
  executing: 0,
  ready: 0,
  in_flight: 0,
  in_memory: 0,
  transfer_incoming_bytes: 0,
  transfer_outgoing_bytes: 0,
  transfer_incoming_count: 0,
  transfer_outgoing_count: 0,
  bandwidth: 0,
}

/** Asks one request on a connection of its own. */
export async function ask<Reply = Record<string, unknown>>(address: string, op: string, more: object = {}) {
  const pool = new ConnectionPool()
  try {
    return await pool.request<Reply>(address, op, more, { connectTimeoutMs: 500 })
  } finally {
    await pool.close()
  }
}

/** Looks until the claim is true. */
export async function until(claim: () => boolean, timeoutMs = 20_000): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!claim()) {
    if (performance.now() > end) throw new Error(`it did not become true: ${claim}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
