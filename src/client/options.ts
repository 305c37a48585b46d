import { OptionError } from '../errors.js'
import type { TaskOptions } from '../protocol/messages.js'
import type { Key } from '../protocol/names.js'
import { type Duration, toMs } from '../util/duration.js'
import { checkNames } from '../util/option-names.js'

/** What `client.with({ … })` says about the tasks that are submitted with it. */
export interface WithOptions {
  /** Name of the task and its result; of a map the beginning, before `-0`, `-1`, … Default: `<function name>-<unique>`. */
  key?: Key
  /** Equal calls give equal results and may share one. Default: what `pure(fn)` said, else false. */
  pure?: boolean
  /** Higher runs earlier. Default 0. */
  priority?: number
  /** How often to try again after the function threw. Deaths of workers are counted apart. Default 0. */
  retries?: number
  /** Pause before a retry, doubled each time. Default 0. */
  retryDelay?: Duration
  /** Addresses, names or hosts of the workers that may run it. Default: all. */
  workers?: string | readonly string[]
  /** If none of `workers` can, any may. Default false. */
  allowOtherWorkers?: boolean
  /** What each task takes of a worker's resources while it runs, as in `{ gpu: 1 }`. */
  resources?: Readonly<Record<string, number>>
  /** Limit on the running time; then the task is stopped and fails. Waiting in a queue does not count. Default: none. */
  timeout?: Duration
  /** It changes something outside: never run twice without cause, never batched. Default false. */
  effect?: boolean
  /** What its tasks find in `process.env`, on top of what the worker has. */
  env?: Readonly<Record<string, string>>
  /**
   * `process`: in a process of its own, so that native code that aborts costs this task alone; slower to start and to
   * feed. Default `thread`.
   */
  isolation?: 'thread' | 'process'
  /** What its tasks print is shown by this client, as its own option `logs` says. Default: that option. */
  logs?: boolean
}

/** `WithOptions`, checked. */
export interface Chosen {
  readonly key?: Key | undefined
  readonly pure?: boolean | undefined
  readonly workers?: readonly string[] | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly isolation?: 'thread' | 'process' | undefined
  readonly logs?: boolean | undefined
  /** As it travels; undefined if it says nothing. The same object for all submissions, which so share a message. */
  readonly wire: TaskOptions | undefined
}

type Check = (name: string, value: unknown) => void

const CHECKS: { readonly [Name in keyof Required<WithOptions>]: Check } = {
  key: wants('a text', (value) => typeof value === 'string' && value !== ''),
  pure: wants('true or false', isBoolean),
  priority: wants('a number', Number.isFinite),
  retries: wants('a whole number from 0', isCount),
  retryDelay: (name, value) => void toMs(value as Duration, name),
  workers: wants('a name or address, or a list of them', (value) => [value].flat().every(isText)),
  allowOtherWorkers: wants('true or false', isBoolean),
  resources: wants('amounts by name, as in { gpu: 1 }', isAmounts),
  timeout: (name, value) => void toMs(value as Duration, name),
  effect: wants('true or false', isBoolean),
  env: wants("texts by name, as in { MODE: 'fast' }", isTexts),
  isolation: wants("'thread' or 'process'", (value) => value === 'thread' || value === 'process'),
  logs: wants('true or false', isBoolean),
}

/**
 * Checks options and puts them on top of others.
 * @throws OptionError for an unknown name, with the nearest one, and for a value that is none.
 */
export function choose(options: WithOptions, base: WithOptions = {}): { options: WithOptions; chosen: Chosen } {
  checkNames(options, Object.keys(CHECKS))
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) CHECKS[name as keyof WithOptions](name, value)
  }
  const all = { ...base, ...options }
  if (base.env !== undefined && options.env !== undefined) all.env = { ...base.env, ...options.env }
  const { key, pure, workers, env, isolation, logs } = all
  if (pure && key !== undefined) throw new OptionError('key', 'a pure call has the key that its content gives')
  return { options: all, chosen: { key, pure, workers: listOf(workers), env, isolation, logs, wire: toWire(all) } }
}

function toWire(all: WithOptions): TaskOptions | undefined {
  const { priority, retries, retryDelay, workers, allowOtherWorkers, resources, timeout, effect, logs } = all
  const wire = {
    priority,
    retries,
    workers: listOf(workers),
    allow_other_workers: allowOtherWorkers,
    resources,
    timeout: timeout === undefined ? undefined : toMs(timeout, 'timeout'),
    retry_delay: retryDelay === undefined ? undefined : toMs(retryDelay, 'retryDelay'),
    effect,
    logs: logs || undefined,
  }
  const said = Object.entries(wire).filter(([, value]) => value !== undefined)
  return said.length === 0 ? undefined : (Object.fromEntries(said) as TaskOptions)
}

function listOf(workers: string | readonly string[] | undefined): string[] | undefined {
  return workers === undefined ? undefined : [workers].flat()
}

function wants(what: string, holds: (value: unknown) => boolean): Check {
  return (name, value) => {
    if (!holds(value)) throw new OptionError(name, `must be ${what}`)
  }
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean'
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isTexts(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).every((text) => typeof text === 'string')
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isAmounts(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).every((amount) => typeof amount === 'number' && amount >= 0 && amount < Infinity)
}
