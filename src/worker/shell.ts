/**
 * The one loop of a worker. Sockets, threads and timers only push what happened; once per turn of the event loop all of
 * it is handed to the core in order, and what the core wants is carried out.
 */
import type { Logger } from '../log/log.js'
import type { Key } from '../protocol/names.js'
import { Alarm } from '../util/alarm.js'
import type { Clock } from '../util/clock.js'
import type { Encoded } from '../values/encoded.js'
import type { CenterLink } from './center-link.js'
import type { WorkerCore } from './core/core.js'
import type { Event, Instruction } from './core/events.js'
import type { DirectCalls } from './direct-calls.js'
import type { TaskExecutor } from './executor/executor.js'
import type { Fetcher } from './fetcher.js'
import type { Runs } from './runs.js'
import type { ValueMemory } from './store/memory.js'
import type { ValueStore } from './store/store.js'

/** Says that something happened. `values` came with it: they are stored if the core wants them when its turn has come. */
export type Push = (event: Event, values?: Values) => void

/** A map, or pairs. */
type Values = Iterable<readonly [Key, Encoded]>

/** What the loop acts on. */
export interface ShellParts {
  readonly core: WorkerCore
  readonly store: ValueStore
  readonly memory: ValueMemory
  readonly runs: Runs
  readonly calls: DirectCalls
  readonly link: Pick<CenterLink, 'send' | 'flush' | 'hold' | 'askWhoHas'>
  readonly fetcher: Pick<Fetcher, 'gather'>
  readonly executor: Pick<TaskExecutor, 'forget' | 'stats'>
  readonly logger: Logger
  readonly clock: Clock
  close(reason: string): void
  /** A bug: an invariant of the core does not hold. */
  broke(error: Error): void
}

interface Happening {
  readonly event: Event
  readonly values: Values | undefined
}

/** While tasks are shorter, news of them is collected for so long, or up to so many bytes: some 20 results. */
const SHORT_MS = 0.1
const TOGETHER_MS = 1
const TOGETHER_BYTES = 2048

/** See above. */
export class Shell {
  readonly #parts: ShellParts
  readonly #alarm: Alarm
  #inbox: Happening[] = []
  #settled: (() => void)[] = []
  #appetite = -1
  #stopped = false
  /** Work was handed to the executor in this turn. */
  #hasBegun = false

  constructor(parts: ShellParts) {
    this.#parts = parts
    this.#alarm = new Alarm(parts.clock, () => this.push({ type: 'tick' }))
  }

  readonly push: Push = (event, values) => {
    if (values !== undefined) for (const [, value] of values) this.#parts.memory.retain(value)
    if (this.#inbox.push({ event, values }) === 1) setImmediate(() => this.#turn())
  }

  /** Resolves when everything that was pushed so far has been carried out. */
  settled(): Promise<void> {
    if (this.#inbox.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#settled.push(resolve))
  }

  stop(): void {
    this.#stopped = true
    this.#alarm.stop()
  }

  #turn(): void {
    const inbox = this.#inbox
    const settled = this.#settled
    this.#inbox = []
    this.#settled = []
    try {
      const now = this.#parts.clock.now()
      for (const happening of inbox) this.#handle(happening, now)
      this.#feed(now)
      this.#tell()
    } catch (error) {
      this.stop()
      this.#parts.broke(error as Error)
    }
    for (const tell of settled) tell()
  }

  /** More news follows at once if short tasks were begun: each write costs as much as such a task, here and at the scheduler. */
  #tell(): void {
    const { link, executor } = this.#parts
    if (this.#hasBegun && executor.stats.meanMs < SHORT_MS) link.hold(TOGETHER_MS, TOGETHER_BYTES)
    else link.flush()
    this.#hasBegun = false
  }

  #handle({ event, values }: Happening, now: number): void {
    if (this.#stopped) return
    if (values !== undefined) this.#admit(event, values)
    for (const instruction of this.#parts.core.handle(event, now)) this.#carryOut(instruction)
  }

  /** Stores what is still wanted, before the core hears of it. */
  #admit(event: Event, values: Values): void {
    const { store, memory, executor } = this.#parts
    for (const [key, value] of values) {
      if (this.#isWanted(event, key)) {
        if (store.has(key)) executor.forget([key])
        store.put(key, value)
      } else store.forgo(value)
      memory.release(value)
    }
  }

  #isWanted(event: Event, key: Key): boolean {
    const { core } = this.#parts
    if (event.type === 'executed') return core.acceptsResult(key, event.runId)
    if (event.type === 'gathered') return core.acceptsArrival(event.id, key)
    return true
  }

  /** The executor may want more at once, now that it knows how long tasks take. */
  #feed(now: number): void {
    const { appetite } = this.#parts.executor.stats
    if (appetite === this.#appetite) return
    this.#appetite = appetite
    this.#handle({ event: { type: 'appetite', jobs: appetite }, values: undefined }, now)
  }

  #carryOut(instruction: Instruction): void {
    const { runs, fetcher, link, calls } = this.#parts
    switch (instruction.do) {
      case 'execute':
        this.#hasBegun = true
        return runs.execute(instruction)
      case 'withdraw':
        return runs.withdraw(instruction.key, instruction.runId)
      case 'abort':
        return runs.abort(instruction.key, instruction.runId)
      case 'gather':
        return fetcher.gather(instruction)
      case 'send':
        return link.send(instruction.message)
      case 'drop':
        return this.#drop(instruction.keys)
      case 'reply':
        return calls.answer(instruction.request, instruction.outcome)
      case 'ask-who-has':
        return link.askWhoHas(instruction.keys)
      case 'close':
        return this.#parts.close(instruction.reason)
      case 'log':
        return this.#log(instruction)
      case 'wake-at':
        return this.#alarm.set(instruction.time)
      default:
        instruction satisfies never
    }
  }

  #drop(keys: readonly Key[]): void {
    for (const key of keys) this.#parts.store.delete(key)
    this.#parts.executor.forget(keys)
  }

  #log({ level, text, key }: Extract<Instruction, { do: 'log' }>): void {
    this.#parts.logger[level](text, key === undefined ? undefined : { key })
  }
}
