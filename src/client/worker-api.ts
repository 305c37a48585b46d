/** What a worker answers to anybody, as methods: the seed page's `get_data`, `update_data`, `compute`, … */
import type { Artefact } from '../code/artefact.js'
import { HeddleError } from '../errors.js'
import type { Address, Key } from '../protocol/names.js'
import type { Identity, Printed, StoryEntry, WorkerRequests } from '../protocol/requests.js'
import type { Method, MethodTable } from '../rpc/proxy.js'
import { toRecord } from '../util/to-record.js'
import { decode, prepareDecode } from '../values/decode.js'
import { encodeWithRefs } from '../values/encode.js'
import { lazyRecord, toEncodedMap } from '../values/lazy-record.js'
import { ClientEnvironment, type Placed } from './environment.js'
import { freshKey } from './keys.js'
import { choose } from './options.js'
import { ref } from './ref.js'
import { errorFrom } from './remote-error.js'
import { type LogSink, printTaskLog } from './task-logs.js'
import type { AnyFunction } from './task-types.js'

/** Size and times of a computation, as its worker measured them. */
export interface ComputeMetadata {
  readonly nbytes: number
  readonly type: string
  readonly thread: number
  /** Wall-clock milliseconds with fraction. */
  readonly start: number
  readonly stop: number
}

/** The answer to `compute`: take it apart as the seed page does, or by name. The result itself stays on the worker. */
export type Computed = readonly [response: 'OK', metadata: ComputeMetadata] & {
  readonly status: 'OK'
  /** Under which the worker holds the result. */
  readonly key: Key
  readonly metadata: ComputeMetadata
}

interface ComputeBase {
  /** Any function that can travel, or one of `client.module(…)`. */
  readonly function: AnyFunction
  /** Name of the result. Default: `<function name>-<unique>`. */
  readonly key?: Key
  /** What the function finds in `process.env`, on top of what the worker has. */
  readonly env?: Readonly<Record<string, string>>
  /** As in `client.with({ isolation })`. */
  readonly isolation?: 'thread' | 'process'
  /** What the function printed is shown: on this program's console, or by that function. Default false. */
  readonly logs?: boolean | LogSink
  /** Where inputs are that the worker lacks. Default: it asks its center. */
  readonly whoHas?: Readonly<Record<Key, readonly Address[]>>
}

/** `keys`: the values of these keys are the arguments, in this order. `args`: values, and `ref(key)` at any depth. */
export type ComputeAsk = ComputeBase &
  (
    | { readonly keys: readonly Key[]; readonly args?: never }
    | { readonly args?: readonly unknown[]; readonly keys?: never }
  )

/** What `run` is asked; `env`, `isolation` and `logs` as for `compute`. */
export interface RunAsk {
  readonly function: AnyFunction
  readonly args?: readonly unknown[]
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly isolation?: 'thread' | 'process' | undefined
  readonly logs?: boolean | LogSink | undefined
}

export interface WorkerApi {
  /** Who the node is. */
  identity(): Promise<Identity>
  ping(): Promise<{ status: 'OK' }>
  /**
   * The values of these keys: an object without prototype whose properties are decoded when they are first read. What
   * the worker lacks is absent; `missingKeys(data)` lists it. Given to `updateData` it travels on as it came.
   */
  getData(ask: { keys: readonly Key[] }): Promise<Record<Key, unknown>>
  /**
   * Puts values on the worker, which tells its center; the answer has their sizes in bytes. Old values are replaced.
   * Arrays are sent from where they are: do not change them before the promise has resolved.
   */
  updateData(ask: {
    data: Readonly<Record<Key, unknown>> | ReadonlyMap<Key, unknown>
  }): Promise<{ status: 'OK'; nbytes: Record<Key, number> }>
  /** Deletes what is there of these keys. */
  deleteData(ask: { keys: readonly Key[] }): Promise<{ status: 'OK' }>
  /**
   * Runs a function on the worker's data, which fetches from its peers what it lacks, and keeps the result there.
   * Rejects with the function's own error, or with HEDDLE_UNKNOWN_KEY when nobody has an input.
   */
  compute(ask: ComputeAsk): Promise<Computed>
  /** Makes the worker fetch copies of these. `missing`: what nobody had. */
  gather(ask: {
    keys: readonly Key[]
    whoHas?: Readonly<Record<Key, readonly Address[]>>
  }): Promise<{ status: 'OK' | 'missing'; missing: Key[] }>
  /** Runs a function at once in a thread of the worker, and gives its result. */
  run(ask: RunAsk): Promise<unknown>
  /** What the worker holds. */
  keys(): Promise<Key[]>
  /** How a key came into its state, oldest first. */
  story(ask: { key: Key }): Promise<StoryEntry[]>
  /** Ends the worker. */
  terminate(ask?: { reason?: string }): Promise<{ status: 'OK' }>
}

type Reply<Op extends keyof WorkerRequests> = WorkerRequests[Op]['reply']

const asIs = (ask: object | undefined): object => ask ?? {}

function plain<Op extends keyof WorkerRequests, Args>(op: Op): Method<Args, Reply<Op>> {
  return { op, ask: (args) => asIs(args as object | undefined), result: (reply: never) => reply as Reply<Op> }
}

/** The methods of `WorkerApi` and the requests they become. */
export const WORKER_METHODS: MethodTable<WorkerApi> = {
  identity: plain('identity'),
  ping: plain('ping'),
  getData: {
    op: 'get_data',
    ask: asIs,
    result: async ({ data }: Reply<'get_data'>, { keys }) => {
      for (const value of data.values()) await prepareDecode(value)
      return lazyRecord(data, keys)
    },
  },
  updateData: {
    op: 'update_data',
    ask: ({ data }) => ({ data: toEncodedMap(data) }),
    result: ({ nbytes }: Reply<'update_data'>) => ({ status: 'OK', nbytes: toRecord(nbytes) }),
  },
  deleteData: plain('delete_data'),
  compute: { op: 'compute', ask: askCompute, result: computed },
  gather: {
    op: 'gather',
    ask: ({ keys, whoHas }) => ({ keys, ...wireHolders(whoHas) }),
    result: ({ status, missing }: Reply<'gather'>) => ({ status, missing }),
  },
  run: { op: 'run', ask: askRun, result: ranValue },
  keys: { op: 'keys', ask: asIs, result: ({ keys }: Reply<'keys'>) => keys },
  story: { op: 'story', ask: asIs, result: ({ story }: Reply<'story'>) => story },
  terminate: plain('terminate'),
}

function askCompute({
  function: fn,
  keys,
  args,
  key,
  whoHas,
  logs,
  env,
  isolation,
}: ComputeAsk): WorkerRequests['compute']['ask'] {
  const { ref: code, name, ...rest } = shipAlone(fn, { env, isolation })
  const list = keys === undefined ? (args ?? []) : keys.map((one) => ref(one))
  const { encoded, refs } = encodeWithRefs(list, { argumentsOf: name })
  const ask = { key: key ?? freshKey(name), function: code, code: codeIn(rest), args: encoded, deps: [...refs] }
  return { ...ask, ...wireHolders(whoHas), ...wireLogs(logs) }
}

function computed(reply: Reply<'compute'>, { logs }: ComputeAsk): Computed {
  show(reply, logs)
  if (reply.status === 'failed') throw errorFrom(reply.error)
  if (reply.status === 'missing') throw missingInputs(reply.missing)
  const { key, nbytes, type, thread, start, stop } = reply
  const metadata = { nbytes, type, thread, start, stop }
  return Object.assign(['OK', metadata] as const, { status: 'OK' as const, key, metadata })
}

function missingInputs(keys: readonly Key[]): HeddleError {
  const names = keys.map((key) => `'${key}'`).join(', ')
  return new HeddleError('HEDDLE_UNKNOWN_KEY', `nobody has ${names}, which compute needs. Put it on a worker first.`)
}

/** The request that runs a function at once on a worker; `placed`: as its client ships it. */
export function askRun(ask: RunAsk, placed = shipAlone(ask.function, ask)): WorkerRequests['run']['ask'] {
  const { ref: code, name } = placed
  const { encoded } = encodeWithRefs(ask.args ?? [], { argumentsOf: name })
  return { function: code, code: codeIn(placed), args: encoded, ...wireLogs(ask.logs) }
}

/** The value in a worker's answer to `run`. @throws the function's own error. */
export async function ranValue(reply: Reply<'run'>, { logs }: Pick<RunAsk, 'logs'>): Promise<unknown> {
  show(reply, logs)
  if (reply.status === 'failed') throw errorFrom(reply.error)
  await prepareDecode(reply.value)
  return decode(reply.value)
}

/** Without a client there are no setups and no files. */
function shipAlone(fn: AnyFunction, { env, isolation }: Pick<RunAsk, 'env' | 'isolation'>): Placed {
  return new ClientEnvironment().ship(fn, choose({ ...(env && { env }), ...(isolation && { isolation }) }).chosen)
}

/** What an artefact needs comes before it. */
function codeIn({ artefact, along = [] }: Pick<Placed, 'artefact' | 'along'>): Artefact[] {
  return [artefact, ...along]
}

function wireLogs(logs: boolean | LogSink | undefined): { logs?: boolean } {
  return logs === undefined || logs === false ? {} : { logs: true }
}

function show({ logs: lines = [] }: Printed, logs: boolean | LogSink | undefined): void {
  for (const line of lines) typeof logs === 'function' ? logs(line) : printTaskLog(line)
}

function wireHolders(whoHas: Readonly<Record<Key, readonly Address[]>> | undefined): { who_has?: Map<Key, Address[]> } {
  if (whoHas === undefined) return {}
  return { who_has: new Map(Object.entries(whoHas).map(([key, addresses]) => [key, [...addresses]])) }
}
