/** The real core of the worker alice; its scheduler, peers, threads and store are whatever the scenario says. */
import type { Instruction } from '../../src/worker/core/events.js'
import type { WorkerCoreOptions } from '../../src/worker/core/state.js'
import { TableTop } from '../unit/worker/core/table-top.js'
import { fromWorker, run } from './messages.js'
import { carryOut, type Stage } from './script.js'
import { named, only, paths, textOf } from './words.js'
import { WORKER_VERBS } from './worker-verbs.js'

/** See above. */
export class WorkerStage implements Stage {
  #table: TableTop | undefined
  readonly #settings: Partial<WorkerCoreOptions> = {}
  /** How much of each key's story was shown. */
  readonly #shown = new Map<string, number>()
  #taken = 0

  act(sentence: string): string[] {
    return this.carryOut(sentence) ?? this.report()
  }

  /** Gives the answer to a question. */
  carryOut(sentence: string): string[] | undefined {
    return carryOut<WorkerStage>(this, WORKER_VERBS, sentence)?.map(named)
  }

  /** What happened since the last report. */
  report(news = this.take()): string[] {
    return [...this.#moves(), ...news.map((i) => named(tell(i)))]
  }

  /** Before anything happens. */
  set(settings: Partial<WorkerCoreOptions>): void {
    if (this.#table !== undefined) throw new Error('the settings come first')
    Object.assign(this.#settings, settings)
  }

  get table(): TableTop {
    this.#table ??= new TableTop(this.#settings)
    return this.#table
  }

  /** What the core wants and was not taken yet. */
  take(): Instruction[] {
    const news = this.table.out.slice(this.#taken)
    this.#taken += news.length
    return news
  }

  /** To be told what moved, keys have to be named. */
  know(keys: Iterable<string>): void {
    for (const key of keys) if (!this.#shown.has(key)) this.#shown.set(key, 0)
  }

  #moves(): string[] {
    const { core } = this.table
    for (const [key] of core.keys()) this.know([key])
    const moves = new Map<string, string[]>()
    for (const [key, seen] of this.#shown) {
      const story = core.story(key)
      this.#shown.set(key, story.length)
      for (const { start, finish } of story.slice(seen)) moves.set(key, [...(moves.get(key) ?? [start]), finish])
    }
    return paths(moves)
  }
}

function tell(i: Instruction): string {
  switch (i.do) {
    case 'execute':
      return only(
        `execute ${i.key} ${run(i.runId)}`,
        i.deps.length > 0 && `with ${i.deps.join(' ')}`,
        i.inline && `inline ${[...i.inline.keys()].join(' ')}`,
        i.effect && 'effect',
      )
    case 'withdraw':
    case 'abort':
      return `${i.do} ${i.key} ${run(i.runId)}`
    case 'gather':
      return `gather ${i.keys.join(' ')} from ${i.peer}, ${i.nbytes} bytes`
    case 'send':
      return `→ scheduler: ${fromWorker(i.message)}`
    case 'drop':
    case 'ask-who-has':
      return `${i.do} ${i.keys.join(' ')}`
    case 'reply':
      return `reply to #${i.request}: ${outcomeOf(i.outcome)}`
    case 'close':
      return `close "${i.reason}"`
    case 'log':
      return `log ${i.level} "${i.text}"`
    case 'wake-at':
      return `wake-at ${i.time} ms`
  }
}

function outcomeOf(outcome: Extract<Instruction, { do: 'reply' }>['outcome']): string {
  switch (outcome.status) {
    case 'OK':
      return `OK, ${outcome.nbytes} bytes`
    case 'gathered':
      return outcome.missing.length > 0 ? `gathered, but for ${outcome.missing.join(' ')}` : 'gathered'
    case 'error':
      return `error "${textOf(outcome.error)}"`
    case 'missing':
      return `missing ${outcome.keys.join(' ')}`
  }
}
