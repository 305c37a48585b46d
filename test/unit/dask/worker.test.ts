import { beforeAll, describe, expect, test, vi } from 'vitest'
import { readPickle } from '../../../src/dask/pickle/read.js'
import { PyFloat, PyGlobal, type PyObject, type PyTuple } from '../../../src/dask/python.js'
import { fromPython } from '../../../src/dask/values/from-python.js'
import { packDask, unpackDask } from '../../../src/dask/wire/codec.js'
import { toSerialized } from '../../../src/dask/wire/serialize.js'
import { asEncoded, learnFamily, openSerialized } from '../../../src/dask/wire/serialized.js'
import { WorkerAnswerer } from '../../../src/dask/worker/answers.js'
import { runPython } from '../../../src/dask/worker/native.js'
import { openWorkerStream } from '../../../src/dask/worker/stream.js'
import { RegistrationError, Reschedule } from '../../../src/errors.js'
import type { ToWorkerMessage, WorkerInfo } from '../../../src/protocol/messages.js'
import { whyNotToWorker } from '../../../src/protocol/validate-messages.js'
import type { CarryOut } from '../../../src/rpc/foreign.js'
import { decode } from '../../../src/values/decode.js'
import { encode } from '../../../src/values/encode.js'
import type { Encoded } from '../../../src/values/encoded.js'
import type { NDArray } from '../../../src/values/ndarray.js'
import { goldenFrames, type Message, node } from './golden.js'

type ComputeTask = Extract<ToWorkerMessage, { op: 'compute-task' }>

const INFO: WorkerInfo = {
  address: 'tcp://127.0.0.1:9000',
  name: 'alice',
  nthreads: 2,
  memory_limit: 4e9,
  local_directory: '/scratch',
  resources: { gpu: 1 },
  services: {},
  nanny: null,
  pid: 1,
  host: 'here',
  holds: new Map(),
}
const VERSIONS = { host: {}, packages: { distributed: '2026.7.1' } }
const WELCOME = { status: 'OK', time: Date.now() / 1000, 'heartbeat-interval': 0.5, 'worker-plugins': {} }
/** Two workers, one of Python's and one of ours. */
const MEMBERS = {
  workers: {
    'tcp://127.0.0.1:9000': { name: 'alice', host: '127.0.0.1', resources: { heddle: 1 } },
    'tcp://127.0.0.1:9001': { name: 'bob', host: '127.0.0.1', resources: {} },
  },
}

async function joined(...later: unknown[]) {
  const line = node(VERSIONS, WELCOME, ...later)
  const { reply, translation } = await openWorkerStream(INFO, line)
  const said: Message[] = []
  const say = (message: unknown) => void said.push(unpackDask(packDask(message)) as Message)
  const hear = (name: string) =>
    (unpackDask(goldenFrames('worker', name)) as unknown[]).flatMap((message) => translation.inward(message, say))
  const tell = (message: unknown) =>
    translation.outward(message, () => {}, say).map((one) => unpackDask(packDask(one)) as Message)
  return { line, reply, said, hear, tell, translation, ops: () => said.map((message) => message.get('op')) }
}

beforeAll(() => learnFamily())

describe('a worker that joins a Dask scheduler', () => {
  test('says what Dask wants to know, with the versions of the scheduler and a resource that tells it from others', async () => {
    const { line, reply } = await joined()
    const [, registration] = line.heard as [Message, Message]
    expect(Object.fromEntries(registration)).toMatchObject({
      op: 'register-worker',
      reply: false,
      address: INFO.address,
      status: 'running',
      name: 'alice',
      nthreads: 2,
      memory_limit: 4e9,
    })
    expect(registration.get('resources')).toEqual(new Map(Object.entries({ gpu: 1, heddle: 1 })))
    expect((registration.get('versions') as Message).get('packages')).toEqual(new Map([['distributed', '2026.7.1']]))
    expect([...(registration.get('metrics') as Message).keys()]).toEqual(
      expect.arrayContaining(['bandwidth', 'memory', 'spilled_bytes', 'host_net_io', 'cpu', 'transfer', 'num_fds']),
    )
    expect(reply).toMatchObject({ status: 'OK', heartbeat: 500 })
  })

  test('is told why when the scheduler refuses it', async () => {
    const line = node(VERSIONS, { status: 'error', message: 'name taken, alice', time: 1 })
    await expect(openWorkerStream(INFO, line)).rejects.toThrow(RegistrationError)
  })
})

describe('a task of Dask’s', () => {
  const taskOf = async (name: string) => {
    const { hear, said } = await joined()
    const [message] = hear(name) as [ComputeTask]
    expect([whyNotToWorker(message), said]).toEqual([undefined, []])
    return message
  }

  const resultOf = async (name: string, inputs: Record<string, unknown> = {}) => {
    const { key, args } = await taskOf(name)
    const input = (wanted: string) => asEncoded(toSerialized(inputs[wanted]))
    return openSerialized(runPython({ key, args, input, memory: undefined }).value)
  }

  test('is one of ours, with what it needs and where that is', async () => {
    const message = await taskOf('refs')
    expect(message).toMatchObject({ op: 'compute-task', key: 'k', run_id: 7, priority: [0, 1, 2.5], attempt: 1 })
    expect(message.function).toBe('python#_operator.sub')
    expect(message.who_has).toEqual(new Map(['a', 'b'].map((key) => [key, ['tcp://10.0.0.1:1']])))
    expect(message.nbytes).toEqual(new Map(['a', 'b'].map((key) => [key, 28])))
  })

  test('is computed if its functions are known, whatever form it has', async () => {
    expect(await resultOf('add')).toBe(3)
    expect(await resultOf('floats')).toEqual(new PyFloat(3))
    expect(await resultOf('refs', { a: 5, b: 0.5 })).toBe(4.5)
    expect(await resultOf('keywords')).toEqual([3, 2, 1])
    expect(await resultOf('partial')).toBe(42)
    expect(await resultOf('alias', { a: 'as it is' })).toBe('as it is')
    expect(await resultOf('data')).toEqual([1, 2])
    expect(await resultOf('itemgetter', { a: 1, b: 2 })).toBe(2)
    expect(await resultOf('fused', { a: 2 })).toBe(30)
    expect(await resultOf('tuple key', { "('a', 1)": 4 })).toBe(-4)
    expect(fromPython(await resultOf('containers', { a: 'A', b: 'B' }))).toEqual([
      'A',
      [1, 'B'],
      new Set([5]),
      { x: 'A' },
    ])
  })

  test('of numpy is done where its arrays are of float64, and left to Python where they are not', async () => {
    const array = new Float64Array([1, 2, 3.5])
    const sums = fromPython(await resultOf('ufunc', { a: array })) as NDArray
    expect(sums.toArray()).toEqual([2, 3, 4.5])
    expect(fromPython(await resultOf('reduction', { a: array }))).toBe(6.5)
    await expect(resultOf('reduction', { a: new Int32Array([1]) })).rejects.toThrow(Reschedule)
  })

  test('has a key of ours that stands for the tuple', async () => {
    expect((await taskOf('tuple key')).key).toBe("('k', 0)")
  })

  test('raises what Python raises', async () => {
    const { key, args } = await taskOf('raises')
    const run = () => runPython({ key, args, input: () => ({ value: null }), memory: undefined })
    expect(run).toThrow(expect.objectContaining({ type: 'ZeroDivisionError', message: 'division by zero' }))
  })

  test('is handed back by its thread when its arguments are more than we understand', async () => {
    const { key, args } = await taskOf('refs')
    const input = () => ({ value: 'text' })
    expect(() => runPython({ key, args, input, memory: undefined })).toThrow(Reschedule)
  })

  test('uses nothing of the resource that tells our workers from others', async () => {
    expect((await taskOf('tagged')).resource_restrictions).toEqual({ gpu: 1 })
  })

  test('that nobody here can run goes to another worker, while this one is called paused', async () => {
    const { hear, said, ops } = await joined()
    expect(hear('lambda')).toEqual([])
    expect(ops()).toEqual(['worker-status-change', 'reschedule', 'worker-status-change'])
    expect(said.map((message) => message.get('status'))).toEqual(['paused', undefined, 'running'])
  })

  test('that comes back leaves a worker that stays paused for a moment', async () => {
    const { hear, said, ops } = await joined()
    hear('lambda')
    hear('lambda')
    expect(ops().slice(3)).toEqual(['worker-status-change', 'reschedule'])
    await vi.waitFor(() => expect(said.at(-1)?.get('status')).toBe('running'))
  })

  test('that is held is given up to who steals it', async () => {
    const { hear, said, ops, translation } = await joined(MEMBERS)
    for (let i = 0; i < 3; i++) hear('lambda')
    expect(ops().filter((op) => op === 'reschedule')).toHaveLength(2)
    const steal = new Map(Object.entries({ op: 'steal-request', key: 'k', stimulus_id: 's' }))
    expect(translation.inward(steal, (message) => void said.push(message as Message))).toEqual([])
    expect(said.at(-1)).toMatchObject({ op: 'steal-response', key: 'k', state: 'ready', stimulus_id: 's' })
  })

  test('that nobody can run fails with the reason, at once if its user has named the workers', async () => {
    const { hear, said, ops } = await joined(MEMBERS)
    hear('restricted')
    await vi.waitFor(() => expect(ops()).toEqual(['task-erred']))
    const { type, text } = failureIn(said[0] as Message)
    expect(type).toBe('builtins.NotImplementedError')
    expect(text).toContain('no worker of Python’s is among its workers (alice)')
  })

  test('goes on being offered as long as a worker of Python’s is there', async () => {
    const { hear, ops } = await joined(MEMBERS, MEMBERS)
    for (let i = 0; i < 3; i++) hear('lambda')
    await vi.waitFor(() => expect(ops().filter((op) => op === 'reschedule')).toHaveLength(3))
    expect(ops()).not.toContain('task-erred')
  })

  test('that is an actor goes to another worker, too', async () => {
    const { hear, ops } = await joined()
    expect(hear('actor')).toEqual([])
    expect(ops()).toContain('reschedule')
  })
})

describe('every other message of the scheduler', () => {
  const meant = async (message: object) => {
    const { translation } = await joined()
    const [ours] = translation.inward(unpackDask(packDask({ stimulus_id: 's', ...message })), () => {}) as object[]
    if (ours !== undefined) expect(whyNotToWorker(ours)).toBeUndefined()
    return ours
  }

  test('is one of ours, with keys as we have them', async () => {
    const at = ['tcp://127.0.0.1:9001']
    const whoHas = new Map([[['x', 1], at]])
    const ours = new Map([["('x', 1)", at]])
    expect(await meant({ op: 'free-keys', keys: ['a', ['x', 1]] })).toMatchObject({ keys: ['a', "('x', 1)"] })
    expect(await meant({ op: 'remove-replicas', keys: ['a'] })).toMatchObject({ op: 'remove-replicas', keys: ['a'] })
    expect(await meant({ op: 'acquire-replicas', who_has: whoHas, nbytes: new Map([[['x', 1], 28]]) })).toMatchObject({
      who_has: ours,
      nbytes: new Map([["('x', 1)", 28]]),
    })
    expect(await meant({ op: 'refresh-who-has', who_has: whoHas })).toMatchObject({ who_has: ours })
    expect(await meant({ op: 'steal-request', key: 'a' })).toMatchObject({ op: 'steal-request', key: 'a' })
    expect(await meant({ op: 'worker-status-change', status: 'paused' })).toMatchObject({ status: 'paused' })
    expect(await meant({ op: 'remove-worker', worker: at[0] })).toMatchObject({ worker: at[0] })
  })

  test('that ends the worker says whether another is welcome', async () => {
    expect(await meant({ op: 'close', reason: 'scheduler-close' })).not.toHaveProperty('again')
    expect(await meant({ op: 'close', reason: 'scheduler-remove-worker' })).toMatchObject({ again: true })
  })

  test('that is none of those costs nothing', async () => {
    for (const op of ['cancel-compute', 'close-stream', 'of-a-release-to-come'])
      expect(await meant({ op })).toBeUndefined()
  })
})

describe('what the worker says', () => {
  test('has Dask’s words for everything', async () => {
    const { tell } = await joined()
    const said = (message: object) => tell({ stimulus_id: 's', ...message }).map((one) => Object.fromEntries(one))
    const key = ['x', 1]
    const keys = ['a', "('x', 1)"]
    expect(said({ op: 'release-worker-data', keys })).toMatchObject([{ key: 'a' }, { key }])
    expect(said({ op: 'request-refresh-who-has', keys })).toMatchObject([{ keys: ['a', key] }])
    expect(said({ op: 'steal-response', key: "('x', 1)", state: null })).toMatchObject([{ key, state: null }])
    const long = { op: 'long-running', key: 'a', run_id: 3, compute_duration: 1500 }
    expect(said(long)).toMatchObject([{ key: 'a', run_id: 3, compute_duration: 1.5 }])
    expect(said({ op: 'worker-status-change', status: 'paused' })).toMatchObject([{ status: 'paused' }])
    expect(said({ op: 'task-ended', key: 'a', run_id: 3 })).toEqual([])
  })

  test('of a result is what Dask’s scheduler counts with', async () => {
    const { tell } = await joined()
    const finished = { op: 'task-finished', key: "('x', 0)", run_id: 3, nbytes: 8, thread: 1, start: 1000, stop: 1000 }
    const [message] = tell({ ...finished, typename: 'builtins.int' }) as [Message]
    expect(Object.fromEntries(message)).toMatchObject({ status: 'OK', key: ['x', 0], run_id: 3, typename: 'int' })
    expect(readPickle(message.get('type') as Uint8Array)).toEqual(new PyGlobal('builtins', 'int'))
    const [span] = message.get('startstops') as [Message]
    expect(span.get('stop')).toBeGreaterThan(span.get('start') as number)
  })

  test('of an error is an exception with a traceback of its JavaScript frames', async () => {
    const { tell } = await joined()
    const error = new RangeError('too far')
    error.stack = 'RangeError: too far\n    at inner (file:///app/a.ts:3:5)\n    at async outer (/app/b.ts:9:1)'
    const erred = { op: 'task-erred', key: 'x', run_id: 3, kind: 'raised', thread: 0, start: 1, stop: 2 }
    const [message] = tell({ ...erred, error: encode(error) }) as [Message]
    const { type, text, traceback } = failureIn(message)
    expect([type, text]).toEqual(['builtins.ValueError', 'RangeError: too far'])
    const [frame, line, next] = (traceback.args as PyTuple).items as [PyObject, number, PyObject]
    expect([codeName(frame), line]).toEqual(['outer', 9])
    expect(codeName((next.state as Message).get('tb_frame') as PyObject)).toBe('inner')
  })

  test('of data that somebody put there is a request, since Dask would delete what it does not know', async () => {
    const { tell, line } = await joined('OK')
    const put = { op: 'add-keys', keys: ['x'], nbytes: [5], replaces: true, stimulus_id: 's' }
    expect(tell(put)).toEqual([])
    expect((line.heard.at(-1) as Message).get('op')).toBe('update_data')
    expect(tell({ ...put, replaces: undefined })).toHaveLength(1)
  })
})

describe('a worker that Dask’s nodes ask', () => {
  const answer = async (frames: readonly Uint8Array[], carryOut: CarryOut = async () => ({})) => {
    const given = await new WorkerAnswerer().answer(frames, carryOut)
    return given === undefined ? undefined : { ...given, reply: unpackDask(given.frames) as Message }
  }
  const ask = async (op: string, fields: object = {}, carryOut?: CarryOut) =>
    (await answer(packDask({ op, reply: true, ...fields }), carryOut))?.reply

  test('gives its data, whatever made them, and takes the word that they have arrived', async () => {
    const data = new Map([
      ['x', encode({ a: 1 })],
      ["('y', 1)", encode(new Date(0))],
    ])
    const carryOut: CarryOut = async (op, wanted) => {
      expect([op, wanted]).toEqual(['get_data', { keys: ['x', "('y', 1)"], who: 'tcp://10.0.0.1:1' }])
      return { status: 'OK', data }
    }
    const { reply } = (await answer(goldenFrames('worker', 'get_data'), carryOut)) as { reply: Message }
    const got = reply.get('data') as Map<unknown, Encoded>
    expect([...got.keys()]).toEqual(['x', ['y', 1]])
    expect([...got.values()].map((value) => decode(value))).toEqual([{ a: 1 }, new Date(0)])
    expect(new WorkerAnswerer().answer(packDask('OK'), carryOut)).toBeUndefined()
  })

  test('says when it is busy', async () => {
    const busy: CarryOut = async () => ({ status: 'busy', data: new Map() })
    expect(await ask('get_data', { keys: [], who: null }, busy)).toEqual(new Map([['status', 'busy']]))
  })

  test('has in the place of a value that Python cannot have one that says so', async () => {
    const data = new Map([['x', encode(new Date(8.64e15))]])
    const reply = (await ask('get_data', { keys: ['x'] }, async () => ({ status: 'OK', data }))) as Message
    const value = (reply.get('data') as Map<string, Encoded>).get('x') as Encoded
    expect(decode(value)).toEqual(new Date(8.64e15))
    expect(() => openSerialized(value)).toThrow(/x is a value of TypeScript's that Python cannot have/)
  })

  test('takes data', async () => {
    const put: unknown[] = []
    const { reply } = (await answer(goldenFrames('worker', 'update_data'), async (op, { data }: { data?: Message }) => {
      put.push(op, ...[...(data as Message)].map(([key, value]) => [key, decode(value as Encoded)]))
      return { status: 'OK', nbytes: new Map([['x', 9]]) }
    })) as { reply: Message }
    expect(put).toEqual(['update_data', ['x', 1.5]])
    expect(reply.get('nbytes')).toEqual(new Map([['x', 9]]))
  })

  test('answers everything that is asked of all workers', async () => {
    for (const op of ['get_logs', 'profile', 'call_stack', 'plugin-add', 'versions', 'get_monitor_info', 'ping'])
      expect(await ask(op, {}, async () => ({ address: INFO.address }))).not.toHaveProperty('exception')
  })

  test('refuses functions of Python’s and what it does not know with an exception', async () => {
    for (const op of ['run', 'run_coroutine', 'actor_execute', 'constructor', 'no such thing'])
      expect(failureIn((await ask(op)) as Message).type).toBe('builtins.NotImplementedError')
  })

  test('ends the connection when told to', async () => {
    expect(await answer(packDask({ op: 'close', reply: true }))).toMatchObject({ isLast: true, reply: 'OK' })
  })
})

function failureIn(message: Message): { type: string; text: string; traceback: PyObject } {
  const opened = (name: string) => {
    const value = message.get(name)
    return value === null || value === undefined
      ? undefined
      : (readPickle(openSerialized(value as Encoded) as Uint8Array) as PyObject)
  }
  const exception = opened('exception') as PyObject
  const [text] = (exception.args as PyTuple).items as [string]
  return { type: String(exception.callable), text, traceback: opened('traceback') as PyObject }
}

function codeName(frame: PyObject): unknown {
  const code = (frame.state as Message).get('f_code') as PyObject
  return (code.state as Message).get('co_name')
}
