import type { ChildProcess } from 'node:child_process'
import { ClosedError, HeddleError, type HeddleErrorCode } from '../errors.js'
import { isAlive } from '../nanny/alive.js'
import { forkEntry } from '../nanny/child.js'
import { entryFile } from '../util/entry-file.js'
import type { ClusterHost, ClusterWorker } from './cluster-host.js'
import type { ClusterPlan } from './cluster-plan.js'
import type { FromHost, ToHost } from './host-messages.js'

const KILL_AFTER_MS = 2000
const LOOK_EVERY_MS = 5

/** A cluster whose scheduler and nanny are another process. That process does not keep this one alive. */
export class RemoteHost implements ClusterHost {
  address = ''
  workers: readonly ClusterWorker[] = []
  #process: ChildProcess
  #waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>()
  #lastId = 0
  #gone: Promise<void>
  #isGone = false
  #onReady: (outcome: FromHost | undefined) => void = () => {}
  /** Of the workers last heard of: none may be left at the end. */
  #pids: number[] = []

  private constructor(entry: URL) {
    this.#process = forkEntry(entry, [], 'inherit')
    this.#process.on('message', (message) => this.#onMessage(message as FromHost))
    this.#gone = new Promise<void>((resolve) => {
      this.#process.once('exit', () => resolve())
      this.#process.once('error', () => this.#process.pid === undefined && resolve())
    }).then(() => this.#onGone())
  }

  /** @throws HeddleError with the words of whatever could not start. */
  static async start(plan: ClusterPlan): Promise<RemoteHost> {
    const file = import.meta.url.endsWith('.ts') ? '../cluster/host-process.ts' : '../cluster/host-process.js'
    const host = new RemoteHost(entryFile(new URL(file, import.meta.url)))
    const outcome = await new Promise<FromHost | undefined>((resolve) => {
      host.#onReady = resolve
      host.#send({ op: 'start', plan })
    })
    if (outcome?.op === 'ready') {
      host.#unref()
      return host
    }
    await host.close()
    throw errorOf(
      outcome?.op === 'failed' ? outcome : { code: 'HEDDLE_CLUSTER', message: 'the cluster ended as it started' },
    )
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  scale(count: number): Promise<void> {
    return this.#ask((id) => ({ op: 'scale', id, count }))
  }

  kill(name: string): Promise<void> {
    return this.#ask((id) => ({ op: 'kill', id, name }))
  }

  async close(): Promise<void> {
    this.#process.ref()
    this.#send({ op: 'close' })
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), KILL_AFTER_MS)
    await this.#gone
    clearTimeout(timer)
    const until = performance.now() + KILL_AFTER_MS
    while (this.#pids.some(isAlive) && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }

  #ask(make: (id: number) => ToHost): Promise<void> {
    if (this.#isGone) return Promise.reject(new ClosedError('the cluster'))
    const id = ++this.#lastId
    this.#process.channel?.ref()
    return new Promise<void>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#send(make(id))
    }).finally(() => this.#waiting.size === 0 && this.#unref())
  }

  #send(message: ToHost): void {
    // An error here means that the process is gone, which its 'exit' tells.
    if (this.#process.connected) this.#process.send(message, () => {})
  }

  #onMessage(message: FromHost): void {
    if (message.op === 'done') this.#onDone(message)
    if (message.op === 'ready') this.address = message.address
    if (message.op === 'ready' || message.op === 'workers') {
      this.workers = message.workers
      this.#pids = message.workers.map(({ pid }) => pid)
    }
    if (message.op === 'ready' || message.op === 'failed') this.#onReady(message)
  }

  #onDone({ id, error }: Extract<FromHost, { op: 'done' }>): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error) waiting?.reject(errorOf(error))
    else waiting?.resolve()
  }

  #onGone(): void {
    this.#isGone = true
    this.workers = []
    this.#onReady(undefined)
    for (const { reject } of this.#waiting.values()) reject(new ClosedError('the cluster'))
    this.#waiting.clear()
  }

  #unref(): void {
    this.#process.unref()
    this.#process.channel?.unref()
  }
}

function errorOf({ code, message }: { code: string; message: string }): HeddleError {
  return new HeddleError(code as HeddleErrorCode, message)
}
