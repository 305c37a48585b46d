import { OptionError } from '../errors.js'
import type { TaskOptions } from '../protocol/messages.js'
import type { Key } from '../protocol/names.js'
import { type Duration, toMs } from '../util/duration.js'
import { checkNames } from '../util/option-names.js'
import { shown } from '../util/shown.js'
import { checkKey } from './keys.js'

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
  /** Its tasks change their inputs: each gets copies of its own. Inputs are shared otherwise. Default false. */
  mutates?: boolean
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
  key: (name, value) => void checkKey(value, name),
  pure: wants('true or false', isBoolean),
  priority: wants('a number', Number.isFinite),
  retries: wants('a whole number from 0', isCount),
  retryDelay: (name, value) => void toMs(value as Duration, name),
  workers: checkWorkers,
  allowOtherWorkers: wants('true or false', isBoolean),
  resources: recordOf('a number from 0', '{ gpu: 1 }', (n) => Number.isFinite(n) && (n as number) >= 0),
  timeout: (name, value) => {
    if (toMs(value as Duration, name) === 0) throw new OptionError(name, 'must be more than 0')
  },
  effect: wants('true or false', isBoolean),
  mutates: wants('true or false', isBoolean),
  env: recordOf('a text', "{ MODE: 'fast' }", (text) => typeof text === 'string'),
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
  const { priority, retries, retryDelay, workers, allowOtherWorkers, resources, timeout, effect, mutates, logs } = all
  const wire = {
    priority,
    retries,
    workers: listOf(workers),
    allow_other_workers: allowOtherWorkers,
    resources,
    timeout: timeout === undefined ? undefined : toMs(timeout, 'timeout'),
    retry_delay: retryDelay === undefined ? undefined : toMs(retryDelay, 'retryDelay'),
    effect,
    mutates: mutates || undefined,
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
    if (!holds(value)) throw new OptionError(name, `must be ${what}, is ${shown(value)}`)
  }
}

/** @throws OptionError for what names no worker. */
export function checkWorkers(name: string, value: unknown): void {
  const list = [value].flat()
  if (list.length === 0) throw new OptionError(name, 'must name at least one worker; leave it out for all')
  const wrong = list.find((one) => typeof one !== 'string' || one === '')
  if (wrong !== undefined || list.includes(undefined))
    throw new OptionError(name, `must be a name, an address or a host, or a list of them; ${shown(wrong)} is none`)
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean'
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Records by name, of which each value passes. `as` shows one that does. */
function recordOf(what: string, as: string, holds: (value: unknown) => boolean): Check {
  return (name, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new OptionError(name, `must be ${what} by name, as in ${as}, is ${shown(value)}`)
    for (const [part, one] of Object.entries(value)) {
      if (part === '') throw new OptionError(name, `has one without a name; must be ${what} by name, as in ${as}`)
      if (!holds(one)) throw new OptionError(`${name}.${part}`, `must be ${what}, as in ${as}, is ${shown(one)}`)
    }
  }
}
