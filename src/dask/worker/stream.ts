/** A worker's stream to a Dask scheduler. */
import { randomUUID } from 'node:crypto'
import { RegistrationError } from '../../errors.js'
import type { FromWorkerMessage, ToWorkerMessage, WorkerInfo } from '../../protocol/messages.js'
import type { Key } from '../../protocol/names.js'
import type { StreamLine, Translation } from '../../rpc/foreign.js'
import { exportOf } from '../../util/function-ref.js'
import { printEvent } from '../client/prints.js'
import { exchange } from '../client/requests.js'
import { noteOnVersion } from '../client/versions.js'
import { keyOf, keyText } from '../keys.js'
import { type CallOptions, TAG } from '../typescript.js'
import { daskCodec, packDask, unpackDask } from '../wire/codec.js'
import { type Fields, fieldsOf } from '../wire/plain.js'
import { HandBack, type Unwanted } from './hand-back.js'
import { clockOffset, type Home, leave, settle } from './home.js'
import { fromDask, holdersIn, keysIn, sizesIn } from './inward.js'
import { hasPython, pythonWorkers } from './members.js'
import { firstMetrics } from './metrics.js'
import { failed, stimulus, toDask } from './outward.js'
import { intervalIn } from './requests.js'
import { Shuffles } from './shuffles.js'
import { type Plan, planOf } from './task.js'

/** It lives where it was made, and can be made anywhere. */
const AN_ACTOR: Plan = { kind: 'foreign', name: 'an actor' }

/** Dask's workers say something so often, for those on the way who forget silent connections. */
const PULSE = { everyMs: 60_000, message: { op: 'keep-alive' } }

/** Registers the worker. @throws RegistrationError when the scheduler refuses; VersionError for an old one. */
export async function openWorkerStream(
  info: WorkerInfo,
  line: StreamLine,
): Promise<{ reply: unknown; translation: Translation }> {
  const versions = unpackDask(await line.ask(packDask({ op: 'versions', reply: true })))
  const note = noteOnVersion(versions, line.peer)
  const sent = Date.now()
  const reply = fieldsOf(unpackDask(await line.ask(packDask(registration(info, versions)))), 'a welcome')
  if (reply.get('status') !== 'OK') throw new RegistrationError(`${line.peer} refuses this worker: ${refusal(reply)}`)
  const clockOffsetMs = clockOffset(reply.get('time'), sent)
  const shuffles = shufflesAt(line)
  const home: Home = { scheduler: line.peer, versions, memoryLimit: info.memory_limit, clockOffsetMs, shuffles }
  settle(info.address, home)
  return {
    reply: { status: 'OK', epoch: 0, heartbeat: intervalIn(reply.get('heartbeat-interval')), note },
    translation: new WorkerTranslation(info, home, line),
  }
}

function shufflesAt(line: StreamLine): Shuffles {
  const beside = { peer: line.peer, ask: line.beside, tell: () => {} }
  return new Shuffles({
    pythonWorkers: async () => pythonWorkers(await identityAt(line)),
    ask: (op, fields) => exchange(beside, op, fields),
  })
}

async function identityAt(line: StreamLine): Promise<unknown> {
  return unpackDask(await line.beside(packDask({ op: 'identity', n_workers: -1, reply: true })))
}

function registration(info: WorkerInfo, versions: unknown): object {
  const { address, name, nthreads, memory_limit, local_directory, resources, services, nanny, pid } = info
  return {
    op: 'register-worker',
    reply: false,
    address,
    status: 'running',
    nthreads,
    name,
    now: Date.now() / 1000,
    resources: { ...resources, [TAG]: 1 },
    memory_limit,
    local_directory,
    services,
    nanny,
    pid,
    versions,
    metrics: firstMetrics(),
    extra: {},
    stimulus_id: stimulus('worker-connect'),
    server_id: `Worker-${randomUUID()}`,
  }
}

function refusal(reply: Fields): string {
  return String(reply.get('message') ?? reply.get('exception_text') ?? 'it does not say why')
}

class WorkerTranslation implements Translation {
  readonly codec = daskCodec
  readonly pulse = PULSE
  readonly #home: Home
  readonly #info: WorkerInfo
  readonly #line: StreamLine
  readonly #handBack: HandBack
  /** Tasks of Python's that were taken on, for when they cannot run here after all. */
  readonly #python = new Map<Key, Unwanted>()
  /** Who wants to be told what a task prints. */
  readonly #listeners = new Map<Key, string>()
  #say: (message: unknown) => void = () => {}
  #status = 'running'
  #isRetiring = false

  constructor(info: WorkerInfo, home: Home, line: StreamLine) {
    this.#info = info
    this.#home = home
    this.#line = line
    this.#handBack = new HandBack({
      say: (message) => this.#say(message),
      isRunning: () => this.#status === 'running',
      isAnybodyElse: (workers) => this.#isAnybodyElse(workers),
      clockOffsetMs: () => home.clockOffsetMs,
    })
  }

  early(): unknown[] {
    return []
  }

  outward(message: unknown): unknown[] {
    const said = message as FromWorkerMessage
    switch (said.op) {
      case 'worker-status-change':
        this.#status = said.status
        break
      case 'task-finished':
      case 'task-erred':
        this.#forget([said.key])
        break
      case 'task-log':
        return this.#printed(said)
      case 'reschedule':
        return this.#giveBack(said.key, said.run_id)
      case 'add-keys':
        if (said.replaces === true) return this.#report(said)
        break
    }
    return toDask(said, this.#home.clockOffsetMs)
  }

  inward(message: unknown, say: (message: unknown) => void): unknown[] {
    this.#say = say
    const fields = message instanceof Map ? (message as Fields) : undefined
    if (fields === undefined) return []
    if (fields.get('op') === 'compute-task') return this.#compute(fields)
    if (fields.get('op') === 'free-keys') this.#forget(keysIn(fields))
    if (fields.get('op') === 'remove-worker') this.#home.shuffles.lost().catch(() => {})
    if (fields.get('op') === 'steal-request' && this.#steal(fields)) return []
    if (fields.get('op') === 'worker-status-change') this.#isRetiring = fields.get('status') === 'closing_gracefully'
    const ours = fromDask(fields, this.#isRetiring)
    return ours === undefined ? [] : [ours]
  }

  close(): void {
    this.#handBack.close()
    leave(this.#info.address, this.#home)
  }

  /** What cannot be read fails alone. */
  #compute(message: Fields): unknown[] {
    const key = keyText(message.get('key'))
    const runId = Number(message.get('run_id'))
    try {
      const plan: Plan = message.get('actor') === true ? AN_ACTOR : planOf(message.get('run_spec'))
      this.#handBack.release(key)
      const workers = workersIn(message)
      if (plan.kind === 'foreign') {
        this.#handBack.take({ key, runId, what: plan.name, workers })
        return []
      }
      this.#handBack.noteOurs()
      if (plan.kind === 'python')
        this.#python.set(key, { key, runId, what: `${exportOf(plan.function)} with such arguments`, workers })
      if (plan.kind === 'typescript' && plan.options.logsFor !== undefined)
        this.#listeners.set(key, plan.options.logsFor)
      return [computeTask(key, runId, message, plan)]
    } catch (error) {
      this.#say(failed(key, runId, error as Error, this.#home.clockOffsetMs))
      return []
    }
  }

  /** Its code has asked for it, or it was Python after all. */
  #giveBack(key: Key, runId: number): unknown[] {
    const task = this.#python.get(key)
    this.#python.delete(key)
    if (task !== undefined) this.#handBack.take({ ...task, runId })
    else this.#handBack.again(key)
    return []
  }

  #forget(keys: readonly Key[]): void {
    for (const key of keys) {
      this.#handBack.release(key)
      this.#python.delete(key)
      this.#listeners.delete(key)
    }
  }

  #printed(line: FromWorkerMessage & { op: 'task-log' }): unknown[] {
    const client = this.#listeners.get(line.key)
    return client === undefined ? [] : [printEvent(line, String(this.#info.name), client)]
  }

  /** One that is held is given up. */
  #steal(message: Fields): boolean {
    const key = keyText(message.get('key'))
    if (!this.#handBack.release(key)) return false
    const stimulus_id = message.get('stimulus_id')
    this.#say({ op: 'steal-response', key: keyOf(key), state: 'ready', stimulus_id })
    return true
  }

  async #isAnybodyElse(workers: readonly string[] | undefined): Promise<boolean> {
    const frames = packDask({ op: 'identity', n_workers: -1, reply: true })
    return hasPython(unpackDask(await this.#line.beside(frames)), workers)
  }

  /** Data that somebody has put here is new to the scheduler, which takes that as a request only. */
  #report({ keys, nbytes }: Extract<FromWorkerMessage, { op: 'add-keys' }>): unknown[] {
    const ask = {
      op: 'update_data',
      who_has: new Map(keys.map((key) => [keyOf(key), [this.#info.address]])),
      nbytes: new Map(keys.map((key, i) => [keyOf(key), nbytes[i]])),
      client: null,
      reply: true,
    }
    // Should the scheduler be gone, it need not be told.
    this.#line.beside(packDask(ask)).catch(() => {})
    return []
  }
}

function computeTask(
  key: Key,
  runId: number,
  message: Fields,
  plan: Exclude<Plan, { kind: 'foreign' }>,
): ToWorkerMessage {
  const resources = resourcesIn(message)
  return {
    op: 'compute-task',
    key,
    run_id: runId,
    priority: (message.get('priority') as unknown[]).map(Number),
    function: plan.function,
    args: plan.args,
    who_has: holdersIn(message),
    nbytes: sizesIn(message),
    ...(resources === undefined ? {} : { resource_restrictions: resources }),
    attempt: 1,
    ...(plan.kind === 'typescript' ? heeded(plan.options) : {}),
  }
}

function heeded({ timeout, logsFor }: CallOptions): { timeout?: number; logs?: boolean } {
  return { ...(timeout !== undefined && { timeout }), ...(logsFor !== undefined && { logs: true }) }
}

/** Without our tag, of which nothing is used. */
function resourcesIn(message: Fields): Record<string, number> | undefined {
  const wanted = message.get('resource_restrictions')
  if (!(wanted instanceof Map)) return undefined
  const entries = [...wanted].filter(([name]) => name !== TAG)
  return entries.length === 0
    ? undefined
    : Object.fromEntries(entries.map(([name, amount]) => [String(name), Number(amount)]))
}

/** Those that its user has named, unless others will do. */
function workersIn(message: Fields): readonly string[] | undefined {
  const resources = message.get('resource_restrictions')
  if (resources instanceof Map && resources.has(TAG)) return [`those with the resource '${TAG}'`]
  const annotations = message.get('annotations')
  if (!(annotations instanceof Map) || annotations.get('allow_other_workers') === true) return undefined
  const workers: unknown = annotations.get('workers')
  if (typeof workers === 'string') return [workers]
  if (workers instanceof Set) return [...workers].map(String)
  return Array.isArray(workers) && workers.length > 0 ? workers.map(String) : undefined
}
