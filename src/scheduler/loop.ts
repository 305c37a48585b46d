import { randomInt } from 'node:crypto'
import type { Logger } from '../log/log.js'
import { Alarm } from '../util/alarm.js'
import { type Clock, systemClock } from '../util/clock.js'
import { ClientStreams } from './client-streams.js'
import { CodeStore } from './code-store.js'
import { SchedulerCore } from './core/core.js'
import type { Event, Instruction } from './core/events.js'
import type { CoreOptions } from './core/options.js'

import { encodeError } from './encode-error.js'
import type { NodeOptions } from './options.js'
import type { Shell } from './shell.js'
import { SlowPeers } from './slow-peers.js'
import { until } from './until.js'
import { WorkerStreams } from './worker-streams.js'

/** Run ids carry the epoch above 32 bits of counter, and are safe integers. */
const EPOCHS = 2 ** 20

export interface LoopOptions {
  core: Partial<CoreOptions>
  /** Bytes of code that are kept here. Default 256 MiB. */
  codeBudget?: number | undefined
  logger: Logger
  clock?: Clock
  causeOfDeath?: NodeOptions['causeOfDeath']
  /** An invariant is broken. Where this is absent, it is logged, and the peer whose message showed it is cut off. */
  onBroken?: (error: Error) => void
}

/**
 * The shell around the core: sockets and timers push events, the core is asked about each, and what it wants is carried
 * out in order. Whoever has read `#turn` has read the node.
 */
export class Loop implements Shell {
  readonly core: SchedulerCore
  readonly clock: Clock
  readonly code: CodeStore
  readonly logger: Logger
  readonly causeOfDeath: NodeOptions['causeOfDeath']
  readonly epoch = randomInt(1, EPOCHS)
  readonly workers = new WorkerStreams(this)
  readonly clients = new ClientStreams(this)
  readonly #slowPeers: SlowPeers
  readonly #alarm: Alarm
  readonly #events: Event[] = []
  readonly #onBroken: ((error: Error) => void) | undefined
  readonly #onContinue = () => this.push({ type: 'continue' })
  #turning = false
  #stopped = false
  #kept = true

  /** @throws OptionError for options of the core that are wrong. */
  constructor({ core, codeBudget, logger, clock = systemClock, causeOfDeath, onBroken }: LoopOptions) {
    this.code = new CodeStore((worker) => this.core.hasWorker(worker), codeBudget)
    this.core = new SchedulerCore({ ...core, epoch: this.epoch, encodeError })
    this.logger = logger
    this.clock = clock
    this.causeOfDeath = causeOfDeath
    this.#onBroken = onBroken
    this.#alarm = new Alarm(clock, () => this.push({ type: 'tick' }))
    this.#slowPeers = new SlowPeers(clock, this.workers, this.clients)
  }

  push(event: Event): void {
    if (this.#stopped) return
    this.#events.push(event)
    if (!this.#turning) this.#turn()
  }

  /** Resolves when what was pushed so far, and all that follows from it, is dealt with, or nobody waits for it any more. */
  async settled(signal: AbortSignal, claim = () => true): Promise<void> {
    await until(this.clock, signal, () => !this.core.isBusy && claim())
  }

  /** Whether connections keep the process alive. */
  get kept(): boolean {
    return this.#kept
  }

  keep(kept: boolean): void {
    this.#kept = kept
    const streams = [...this.workers.all(), ...Array.from(this.clients.all(), ({ stream }) => stream)]
    for (const stream of streams) kept ? stream.ref() : stream.unref()
  }

  /** The core hears of nothing any more; the streams end with the server. */
  stop(): void {
    this.#stopped = true
    this.#alarm.stop()
    this.#slowPeers.stop()
  }

  #turn(): void {
    this.#turning = true
    try {
      for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
        for (const instruction of this.#ask(event)) this.#carryOut(instruction)
        if (event.type === 'continue') this.clients.resume()
      }
    } finally {
      this.#turning = false
    }
  }

  #ask(event: Event): readonly Instruction[] {
    try {
      return this.core.handle(event, this.clock.now())
    } catch (error) {
      this.#contain((event.type === 'continue' && this.core.current) || event, error as Error)
      return []
    }
  }

  #carryOut(instruction: Instruction): void {
    switch (instruction.do) {
      case 'to-worker':
        return this.workers.send(instruction.worker, instruction.message)
      case 'to-client':
        return this.clients.send(instruction.client, instruction.message)
      case 'continue':
        return void setImmediate(this.#onContinue)
      case 'wake-at':
        return this.#alarm.set(instruction.time)
      case 'worker-accepted':
        return this.workers.accepted(instruction.worker)
      case 'worker-refused':
        return this.workers.refused(instruction.worker, instruction.reason)
      case 'close-worker':
        return this.workers.left(instruction.worker, instruction.reason)
      case 'drop-code':
        return this.code.drop(instruction.hash)
      case 'log':
        return this.#log(instruction)
      default:
        instruction satisfies never
    }
  }

  #log({ level, text, key }: Extract<Instruction, { do: 'log' }>): void {
    this.logger[level](text, key === undefined ? undefined : { key })
  }

  /** A bug of ours, or a peer that found a way to trip us: its connection ends, the others go on. */
  #contain(event: Event, error: Error): void {
    this.logger.error(`a bug in Heddle: '${event.type}' could not be dealt with`, { error })
    this.#onBroken?.(error)
    const reason = 'it sent what the scheduler could not deal with; the log of the scheduler says more'
    if (event.type === 'worker-joined') this.workers.refused(event.worker.address, reason)
    if (event.type === 'worker-message') this.workers.abort(event.worker, reason)
    if (event.type === 'client-message') this.clients.abort(event.client, reason)
  }
}
