/** The real scheduler core; its workers and clients are whatever the scenario says that they say. */
import type { FromWorkerMessage, TaskOptions, WorkerInfo } from '../../src/protocol/messages.js'
import type { Instruction } from '../../src/scheduler/core/events.js'
import type { CoreOptions } from '../../src/scheduler/core/options.js'
import { TableTop } from '../unit/scheduler/core/table-top.js'
import { toClient, toWorker } from './messages.js'
import { SCHEDULER_VERBS } from './scheduler-verbs.js'
import { carryOut, type Stage } from './script.js'
import { addressOf, amounts, held, named, paths } from './words.js'

/** See above. */
export class SchedulerStage implements Stage {
  #table: TableTop | undefined
  readonly #settings: Partial<CoreOptions> = {}
  readonly #keys = new Set<string>()
  #steps = 0
  #taken = 0

  act(sentence: string): string[] {
    return this.carryOut(sentence) ?? this.report()
  }

  /** Gives the answer to a question. */
  carryOut(sentence: string): string[] | undefined {
    return carryOut<SchedulerStage>(this, SCHEDULER_VERBS, sentence)?.map(named)
  }

  /** What happened since the last report. */
  report(news = this.take()): string[] {
    return [...this.#moves(), ...news.map(tell).map(named)]
  }

  /** Before anything happens. */
  set(settings: Partial<CoreOptions>): void {
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

  hear(worker: string, message: FromWorkerMessage): void {
    this.table.hear(addressOf(worker), message)
  }

  /** What is said of the run that this worker was given last. */
  runAt(worker: string, key: string, wanted?: string): { key: string; run_id: number } {
    if (wanted !== undefined) return { key, run_id: 2 ** 32 + Number(wanted) }
    const given = this.table.everTold('compute-task', addressOf(worker)).findLast((m) => m.key === key)
    if (given === undefined) throw new Error(`${worker} was never given ${key}`)
    return { key, run_id: given.run_id }
  }

  /** Under which a worker was asked for this task. */
  stealOf(worker: string, key: string): string {
    const asked = this.table.everTold('steal-request', addressOf(worker)).findLast((m) => m.key === key)
    if (asked === undefined) throw new Error(`${worker} was never asked for ${key}`)
    return asked.stimulus_id
  }

  #moves(): string[] {
    const { core } = this.table
    for (const [key] of core.tasks()) this.#keys.add(key)
    const moves = new Map<string, string[]>()
    const stories = [...this.#keys].flatMap((key) => core.story(key))
    for (const { key, start, finish, stimulus } of stories) {
      if (Number(stimulus.split('-')[1]) <= this.#steps) continue
      moves.set(key, [...(moves.get(key) ?? [start]), finish])
    }
    this.#steps = this.table.events
    return paths(moves)
  }
}

/** What a worker's options say of it. */
export function infoOf(options: Record<string, string>): Partial<WorkerInfo> {
  const { nthreads, memory, resources, host, name, holds = '' } = options
  return {
    ...(nthreads === undefined ? {} : { nthreads: Number(nthreads) }),
    ...(memory === undefined ? {} : { memory_limit: Number(memory) }),
    ...(resources === undefined ? {} : { resources: amounts(resources) }),
    ...(host === undefined ? {} : { host }),
    ...(name === undefined ? {} : { name }),
    holds: new Map(held(holds.replaceAll(',', ' ')).map(({ key, nbytes }) => [key, { nbytes, hash: `of ${key}` }])),
  }
}

/** What a submission's options say of its tasks. */
export function taskOptionsOf(options: Record<string, string>): TaskOptions | undefined {
  const { priority, retries, delay, workers, resources, timeout } = options
  const found: TaskOptions = {
    ...(priority === undefined ? {} : { priority: Number(priority) }),
    ...(retries === undefined ? {} : { retries: Number(retries) }),
    ...(delay === undefined ? {} : { retry_delay: Number(delay) }),
    ...(timeout === undefined ? {} : { timeout: Number(timeout) }),
    ...(workers === undefined ? {} : { workers: workers.split(',') }),
    ...(resources === undefined ? {} : { resources: amounts(resources) }),
    ...('effect' in options ? { effect: true } : {}),
    ...('others' in options ? { allow_other_workers: true } : {}),
  }
  return Object.keys(found).length > 0 ? found : undefined
}

function tell(i: Instruction): string {
  switch (i.do) {
    case 'to-worker':
      return `→ ${i.worker}: ${toWorker(i.message)}`
    case 'to-client':
      return `→ ${i.client}: ${toClient(i.message)}`
    case 'worker-accepted':
      return `${i.worker} is accepted`
    case 'worker-refused':
      return `${i.worker} is refused: "${i.reason}"`
    case 'close-worker':
      return `${i.worker} is closed: "${i.reason}"`
    case 'drop-code':
      return `drop-code ${i.hash}`
    case 'log':
      return `log ${i.level} "${i.text}"`
    case 'continue':
      return 'continue'
    case 'wake-at':
      return `wake-at ${i.time} ms`
  }
}
