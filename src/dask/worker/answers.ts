/** What a worker of ours answers to Dask's nodes: peers, clients, the scheduler. */
import type { Identity, WorkerRequests } from '../../protocol/requests.js'
import type { CarryOut, ForeignAnswer, ForeignAnswerer } from '../../rpc/foreign.js'
import { keyOf, keyText } from '../keys.js'
import { pythonError } from '../values/exceptions.js'
import { packDask, unpackDask } from '../wire/codec.js'
import { type Fields, fieldsOf } from '../wire/plain.js'
import { failureOf } from './failures.js'
import { homeOf } from './home.js'
import { holdersIn, keysIn } from './inward.js'
import { presentable } from './presentable.js'

type Reply<Op extends keyof WorkerRequests> = WorkerRequests[Op]['reply']

/** One request of theirs. */
type Answer = (message: Fields, carryOut: CarryOut) => unknown

const OK = { status: 'OK' }
const NO_PROFILE = {
  count: 0,
  children: {},
  identifier: 'root',
  description: { filename: '', name: '', line_number: 0, line: '' },
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  identity: async (_, carryOut) => await identity(carryOut),
  versions: async (_, carryOut) =>
    homeOf((await ourIdentity(carryOut)).address)?.versions ?? { host: {}, packages: {} },
  ping: () => new TextEncoder().encode('pong'),
  echo: (message) => message.get('data') ?? null,
  get_data: async (message, carryOut) => await getData(message, carryOut),
  update_data: async (message, carryOut) => {
    const data = new Map([...fieldsOf(message.get('data'), 'data')].map(([key, value]) => [keyText(key), value]))
    const { nbytes } = (await carryOut('update_data', { data, report: false })) as Reply<'update_data'>
    return { status: 'OK', nbytes: new Map([...nbytes].map(([key, size]) => [keyOf(key), size])) }
  },
  gather: async (message, carryOut) => {
    const who_has = holdersIn(message)
    const { missing } = (await carryOut('gather', { keys: [...who_has.keys()], who_has })) as Reply<'gather'>
    return missing.length === 0 ? OK : { status: 'partial-fail', keys: missing.map(keyOf) }
  },
  free_keys: async (message, carryOut) => {
    await carryOut('delete_data', { keys: keysIn(message), report: false })
    return OK
  },
  keys: async (_, carryOut) => ((await carryOut('keys', {})) as Reply<'keys'>).keys.map(keyOf),
  terminate: async (message, carryOut) => {
    await carryOut('terminate', { reason: String(message.get('reason') ?? 'it was told to end') })
    return OK
  },
  // What is said of a shuffle is a reason not to take part in it.
  shuffle_receive: async (message, carryOut) => {
    await leaveShuffle(message, carryOut)
    return OK
  },
  shuffle_inputs_done: async (message, carryOut) => {
    await leaveShuffle(message, carryOut)
    return null
  },
  run: () => cannotRun(),
  run_coroutine: () => cannotRun(),
  actor_execute: () => noActors(),
  actor_attribute: () => noActors(),
  // Python's files and plugins mean nothing here, and whoever sends them to all workers means well.
  upload_file: (message) => ({ status: 'OK', nbytes: sizeOf(message.get('data')) }),
  'plugin-add': () => OK,
  'plugin-remove': () => OK,
  // What is asked about the inside of a Python process, of all workers at once.
  get_logs: () => [],
  get_story: () => [],
  call_stack: () => ({}),
  profile: () => NO_PROFILE,
  profile_metadata: () => ({ counts: [], keys: {} }),
  get_monitor_info: () => ({ range_query: {}, count: 0, last_time: null }),
  benchmark_disk: () => ({}),
  benchmark_memory: () => ({}),
  benchmark_network: () => ({}),
  dump_state: async (_, carryOut) => await identity(carryOut),
}

/** On one connection. */
export class WorkerAnswerer implements ForeignAnswerer {
  answer(frames: readonly Uint8Array[], carryOut: CarryOut): Promise<ForeignAnswer | undefined> | undefined {
    const message = unpackDask(frames)
    // The data of `get_data` have arrived.
    if (message === 'OK') return undefined
    return answerTo(fieldsOf(message, 'a request'), carryOut)
  }
}

async function answerTo(message: Fields, carryOut: CarryOut): Promise<ForeignAnswer | undefined> {
  const op = String(message.get('op'))
  const isLast = op === 'close' || message.get('close') === true
  const reply = op === 'close' ? 'OK' : await replyTo(op, message, carryOut)
  if (message.get('reply') === false) return isLast ? { frames: [], isLast } : undefined
  return { frames: packDask(reply), isLast }
}

async function replyTo(op: string, message: Fields, carryOut: CarryOut): Promise<unknown> {
  try {
    const answer = Object.hasOwn(ANSWERS, op) ? ANSWERS[op] : undefined
    if (answer === undefined) throw pythonError('NotImplementedError', `a Heddle worker has no '${op.slice(0, 60)}'`)
    return await answer(message, carryOut)
  } catch (error) {
    return { status: 'uncaught-error', ...failureOf(error) }
  }
}

async function getData(message: Fields, carryOut: CarryOut): Promise<unknown> {
  const who = message.get('who')
  const ask = { keys: keysIn(message), ...(typeof who === 'string' ? { who } : {}) }
  const { status, data } = (await carryOut('get_data', ask)) as Reply<'get_data'>
  if (status === 'busy') return { status }
  return {
    status,
    data: new Map([...data].map(([key, value]) => [keyOf(key), presentable(key, value, ask.who === undefined)])),
  }
}

async function ourIdentity(carryOut: CarryOut): Promise<Identity> {
  return (await carryOut('identity', {})) as Identity
}

async function identity(carryOut: CarryOut): Promise<object> {
  const { address, id, nthreads } = await ourIdentity(carryOut)
  const home = homeOf(address)
  return { type: 'Worker', id, scheduler: home?.scheduler ?? null, nthreads, memory_limit: home?.memoryLimit ?? null }
}

function cannotRun(): object {
  const text =
    'the function is Python, which a Heddle worker cannot run: name the workers that can, run(…, workers=[…])'
  return { status: 'error', ...failureOf(pythonError('NotImplementedError', text)) }
}

async function leaveShuffle(message: Fields, carryOut: CarryOut): Promise<void> {
  const { address } = await ourIdentity(carryOut)
  await homeOf(address)?.shuffles.leave(String(message.get('shuffle_id')), Number(message.get('run_id')))
}

function noActors(): never {
  throw pythonError('NotImplementedError', 'a Heddle worker has no actors')
}

function sizeOf(data: unknown): number {
  return data instanceof Uint8Array ? data.byteLength : 0
}
