import { HeddleError, type HeddleErrorCode } from '../errors.js'
import type { Logger } from '../log/log.js'
import { restartDelayMs, STEADY_AFTER_MS } from './backoff.js'
import { Child, type Ending } from './child.js'
import { type DeathCertificate, describeDeath } from './death-certificate.js'
import { type Cause, Deaths } from './deaths.js'
import type { StartedInfo, StartOptions } from './ipc.js'

const SAMPLE_EVERY_MS = 200
const TERMINATE_AT = 0.95
/** How often a worker process may be killed before its worker has started; one that says why it failed is not asked again. */
const STARTS_MAX = 3

export interface NannyOptions {
  /** The module that worker processes run. */
  entry: URL
  logger?: Logger | undefined
  /** Where scratch directories are made. Default: the system's directory for such. */
  scratchIn?: string | undefined
  /** How long a worker that is asked to end may take, in milliseconds, before it is killed. Default 800. */
  stopGraceMs?: number
  /** Milliseconds to wait before a restart, by the number of quick deaths in a row. */
  restartDelayMs?: (deaths: number) => number
  /** Share of the memory limit above which a worker is ended; false: none is. Default 0.95. */
  terminateAt?: number | false
  /** The list of `workers` has changed. */
  onChange?: () => void
  /** A worker died that was not told to. */
  onDeath?: (certificate: DeathCertificate) => void
}

/** One worker to look after. */
export interface WorkerSpec {
  /** Names it to the nanny, for as long as it is looked after. */
  readonly id: string
  /** Bytes; none: memory is not limited. */
  readonly memoryLimit?: number | undefined
}

export interface WorkerStatus extends StartedInfo {
  readonly id: string
  readonly pid: number
}

interface Ward {
  readonly spec: WorkerSpec
  readonly options: StartOptions | Promise<StartOptions>
  child: Child
  quickDeaths: number
  stopping: boolean
  restart: NodeJS.Timeout | undefined
}

/**
 * Looks after the worker processes of one command or cluster: starts them, restarts those that die unexpectedly (with
 * a growing pause if they die soon), ends those that outgrow their memory, and says how each died. A process that
 * loses the connection to its nanny ends by itself.
 */
export class Nanny {
  #options: NannyOptions
  #wards = new Map<string, Ward>()
  #sampler: NodeJS.Timeout
  #closing = false
  #failures: HeddleError[] = []
  readonly #deaths = new Deaths()
  #onFinished!: () => void
  /** Resolves when the last worker has ended and none will be restarted. */
  readonly finished: Promise<void>

  constructor(options: NannyOptions) {
    this.#options = options
    this.finished = new Promise((resolve) => {
      this.#onFinished = resolve
    })
    this.#sampler = setInterval(() => this.#sampleMemory(), SAMPLE_EVERY_MS).unref()
  }

  /** Workers that have registered, in the order in which they were spawned. */
  get workers(): WorkerStatus[] {
    return [...this.#wards.values()].flatMap(({ spec, child }) =>
      child.info === undefined ? [] : [{ ...child.info, id: spec.id, pid: child.pid }],
    )
  }

  /**
   * How the worker at that address died, as soon as that is known; undefined for one that is alive, or
   * not looked after here.
   */
  async causeOfDeath(address: string): Promise<Cause | undefined> {
    const isMine = [...this.#wards.values()].some(({ child }) => child.address === address)
    return isMine || this.#deaths.has(address) ? await this.#deaths.causeOf(address) : undefined
  }

  /** Why workers that were running could not be started again. */
  get failures(): readonly HeddleError[] {
    return this.#failures
  }

  /**
   * Starts a worker process at once, and the worker in it when `options` are known; resolves when that has registered.
   * @throws HeddleError with the worker's own code and words when it cannot start.
   */
  async spawn(spec: WorkerSpec, options: StartOptions | Promise<StartOptions>): Promise<StartedInfo> {
    const child = this.#fork(spec)
    const ward: Ward = { spec, options, child, quickDeaths: 0, stopping: false, restart: undefined }
    this.#wards.set(spec.id, ward)
    try {
      const info = await this.#firstStart(ward)
      this.#watch(ward)
      this.#options.onChange?.()
      return info
    } catch (error) {
      this.#forget(ward)
      throw error
    }
  }

  /**
   * Ends one worker by SIGKILL, as a crash would: it is restarted. Resolves when the process is gone; to false when
   * there is none of that id.
   */
  async kill(id: string): Promise<boolean> {
    const child = this.#wards.get(id)?.child
    child?.kill()
    await child?.ended
    return child !== undefined
  }

  /** Ends one worker for good. */
  async stop(id: string, reason = 'stopped'): Promise<void> {
    const ward = this.#wards.get(id)
    if (ward === undefined) return
    ward.stopping = true
    clearTimeout(ward.restart)
    await ward.child.close(reason, this.#options.stopGraceMs ?? 800)
    this.#forget(ward)
  }

  /** Ends all workers; those that do not end when asked are killed. */
  async close(reason = 'the nanny was asked to end'): Promise<void> {
    this.#closing = true
    await Promise.all([...this.#wards.keys()].map((id) => this.stop(id, reason)))
    clearInterval(this.#sampler)
    this.#onFinished()
  }

  /** Ends all workers without asking. */
  killAll(): void {
    this.#closing = true
    for (const { child, restart } of this.#wards.values()) {
      clearTimeout(restart)
      child.kill()
    }
  }

  async #firstStart(ward: Ward): Promise<StartedInfo> {
    for (let tries = 1; ; tries++) {
      const first = await Promise.race([ward.child.started, ward.child.ended, this.#begin(ward)])
      if ('address' in first) return first
      const wasKilled = first.failure === undefined && first.certificate.signal !== null
      if (!wasKilled || ward.stopping || this.#closing || tries === STARTS_MAX) throw failureOf(first)
      this.#options.logger?.warn(`${describeDeath(first.certificate)}; it had not started yet, so it is tried again`)
      ward.child = this.#fork(ward.spec)
    }
  }

  #fork(spec: WorkerSpec): Child {
    const { entry, scratchIn } = this.#options
    return new Child({ name: spec.id, entry, scratchIn, memoryLimit: spec.memoryLimit })
  }

  /** Resolves never: only a failure to know the options matters to whoever waits. */
  async #begin({ options, child }: Ward, isSuccessor = false): Promise<never> {
    try {
      child.begin(await options, isSuccessor)
    } catch (error) {
      child.kill()
      throw error
    }
    return new Promise<never>(() => {})
  }

  #watch(ward: Ward): void {
    const { child } = ward
    child.ended.then((ending) => {
      this.#deaths.add(ending.certificate)
      if (ward.stopping || this.#closing || ward.child !== child) return
      this.#options.onChange?.()
      if (ending.planned) return this.#forget(ward)
      if (ending.failure) return this.#giveUp(ward, ending)
      this.#bringBack(ward, ending)
    })
  }

  #bringBack(ward: Ward, { certificate, again }: Ending): void {
    ward.quickDeaths = certificate.livedMs < STEADY_AFTER_MS ? ward.quickDeaths + 1 : 1
    const delayMs = (this.#options.restartDelayMs ?? restartDelayMs)(ward.quickDeaths)
    const when = delayMs === 0 ? 'restarting it' : `restarting it in ${delayMs / 1000} s`
    const what = again ? `worker ${certificate.name} makes room for another` : describeDeath(certificate)
    this.#options.logger?.warn(`${what}; ${when}`)
    if (!again) this.#options.onDeath?.(certificate)
    ward.restart = setTimeout(() => this.#restart(ward, again), delayMs)
  }

  #restart(ward: Ward, isSuccessor: boolean): void {
    ward.child = this.#fork(ward.spec)
    this.#watch(ward)
    ward.child.started.then(() => this.#options.onChange?.())
    // Its options were known before, or it would not have run.
    this.#begin(ward, isSuccessor).catch(() => {})
  }

  #giveUp(ward: Ward, ending: Ending): void {
    const failure = failureOf(ending)
    this.#failures.push(failure)
    this.#options.logger?.error(`worker ${ward.spec.id} could not be restarted: ${failure.message}`)
    this.#forget(ward)
  }

  #forget(ward: Ward): void {
    if (this.#wards.get(ward.spec.id) === ward) this.#wards.delete(ward.spec.id)
    if (!this.#closing) this.#options.onChange?.()
    if (this.#wards.size > 0) return
    clearInterval(this.#sampler)
    this.#onFinished()
  }

  #sampleMemory(): void {
    const { terminateAt = TERMINATE_AT } = this.#options
    const share = terminateAt === false ? Number.POSITIVE_INFINITY : terminateAt
    for (const { child } of this.#wards.values()) child.sampleMemory(share)
  }
}

function failureOf({ failure, certificate }: Ending): HeddleError {
  const code = (failure?.code ?? 'HEDDLE_WORKER_LOST') as HeddleErrorCode
  return new HeddleError(code, failure?.message ?? `${describeDeath(certificate)}; it had not started yet`)
}
