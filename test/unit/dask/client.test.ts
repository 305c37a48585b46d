import { beforeAll, describe, expect, test, vi } from 'vitest'
import { ship } from '../../../src/code/identity.js'
import { DaskCaller } from '../../../src/dask/client/requests.js'
import { openClientStream } from '../../../src/dask/client/stream.js'
import { keyText } from '../../../src/dask/keys.js'
import { py, pythonOf } from '../../../src/dask/py.js'
import { PyGlobal, type PyObject, type PyTuple } from '../../../src/dask/python.js'
import { type Pickled, packDask, unpackDask } from '../../../src/dask/wire/codec.js'
import { learnFamily, openSerialized } from '../../../src/dask/wire/serialized.js'
import { HeddleError, OptionError, PythonError } from '../../../src/errors.js'
import type { TaskSpec } from '../../../src/protocol/messages.js'
import { decode } from '../../../src/values/decode.js'
import { encodeWithRefs } from '../../../src/values/encode.js'
import { Encoded } from '../../../src/values/encoded.js'
import { FUTURE_KEY } from '../../../src/values/future-ref.js'
import { goldenFrames, type Message, node } from './golden.js'

/** Two workers of ours and one of Python's. */
const MEMBERS = {
  workers: {
    'tcp://a:1': { resources: { heddle: 1 } },
    'tcp://b:1': { resources: { heddle: 1 } },
    'tcp://c:1': { resources: {} },
  },
}

async function stream(start: object = {}, ...later: unknown[]) {
  return streamOf('2026.7.1', start, ...later)
}

async function streamOf(distributed: string, start: object = {}, ...later: unknown[]) {
  const line = node({ packages: { distributed } }, [{ op: 'stream-start', ...start }], ...later)
  const { translation } = await openClientStream('client-1', line)
  const answers: unknown[] = []
  const spoken: unknown[] = []
  const say = (message: unknown) => {
    const sent = translation.outward(
      message,
      (answer) => answers.push(answer),
      (one) => spoken.push(one),
    )
    return sent.map((one) => unpackDask(packDask(one)) as Message)
  }
  const hear = (message: unknown) =>
    translation.inward(unpackDask(Array.isArray(message) ? message : packDask(message)), () => {})
  return { say, hear, answers, spoken, line, early: translation.early() }
}

function task(key: string, fn: (...args: never[]) => unknown, ...args: unknown[]): TaskSpec {
  const { encoded, refs } = encodeWithRefs(args)
  return { key, function: ship(fn).ref, args: encoded, deps: refs as string[], recipe: '' }
}

/** The nodes of the graph in a message. */
function nodesOf(message: Message): Map<string, PyObject> {
  const expression = openSerialized(message.get('expr_ser') as Encoded) as PyObject
  return (expression.args as PyTuple).items[1] as Map<string, PyObject>
}

function only(messages: Message[]): Message {
  expect(messages).toHaveLength(1)
  return messages[0] as Message
}

const argsOf = (call: unknown) => ((call as PyObject).args as PyTuple).items

beforeAll(() => learnFamily())

describe('a client of a Dask scheduler', () => {
  test('says that its packages are those of the scheduler, so that nobody is warned of it', async () => {
    const { line } = await stream()
    const [, register] = line.heard as [Message, Message]
    expect([register.get('op'), register.get('versions')]).toEqual([
      'register-client',
      new Map([['packages', new Map([['distributed', '2026.7.1']])]]),
    ])
  })

  test('is told when it is refused', async () => {
    await expect(stream({ error: 'too old' })).rejects.toThrow('refuses this client: too old')
  })

  test('refuses a scheduler that is too old, and notes one that is newer than what was tested', async () => {
    await expect(streamOf('2024.12.0')).rejects.toThrow('Dask 2025.4 and later are understood')
    expect((await streamOf('2025.4.0')).early).toEqual([])
    expect((await streamOf('2026.9.0')).early).toMatchObject([{ op: 'note', code: 'HEDDLE_DASK' }])
  })

  test('hears what came together with the welcome', async () => {
    const line = node({}, [{ op: 'stream-start' }, { op: 'lost-data', key: 'x' }])
    const { translation } = await openClientStream('client-1', line)
    expect([translation.early(), translation.early()]).toEqual([[{ op: 'lost-data', key: 'x' }], []])
  })

  test('submits a call as a node of Dask’s, futures in it as references at any depth', async () => {
    const { say } = await stream()
    const add = task('sum', py('operator.add'), { [FUTURE_KEY]: 'a' }, [1, { b: { [FUTURE_KEY]: 'b' } }])
    const message = only(say({ op: 'update-graph', tasks: [add], keys: ['sum'] }))
    const [key, callable, first, list] = argsOf(nodesOf(message).get('sum'))
    expect([message.get('op'), message.get('keys'), key]).toEqual(['update-graph', new Set(['sum']), 'sum'])
    expect(callable).toEqual(new PyGlobal('operator', 'add'))
    expect([(first as PyObject).maker, argsOf(first)]).toEqual(['dask._task_spec.TaskRef', ['a']])
    expect((list as PyObject).maker).toBe('dask._task_spec.List')
    const [one, dict] = argsOf(list)
    expect([one, (dict as PyObject).maker]).toEqual([1, 'dask._task_spec.Dict'])
  })

  test('says priorities, retries, workers and resources', async () => {
    const { say } = await stream()
    const options = { priority: 2, retries: 1, workers: ['python-0'], resources: { GPU: 1 } }
    const message = only(say({ op: 'update-graph', tasks: [task('k', py('len'), [])], keys: ['k'], options }))
    expect((message.get('annotations') as Pickled).open()).toEqual(
      new Map<string, unknown>([
        ['priority', 2],
        ['retries', 1],
        ['workers', ['python-0']],
        ['resources', new Map([['GPU', 1]])],
      ]),
    )
  })

  test('hears at once what cannot run there, while the rest is submitted', async () => {
    const { say, answers } = await stream()
    const tasks = [task('good', py('len'), []), task('bad', py('len'), new Date(Number.NaN))]
    const message = only(say({ op: 'update-graph', tasks, keys: ['good', 'bad'] }))
    expect([...nodesOf(message).keys()]).toEqual(['good'])
    expect(answers).toMatchObject([{ op: 'cancelled-keys', keys: ['bad'], reason: 'bad-graph' }])
    expect((answers[0] as { msg: string }).msg).toContain('Python has no Date')
  })

  test('puts the code of a TypeScript function into the cluster, copies it to all Heddle workers, and tags its tasks', async () => {
    const { say, hear, line, spoken, answers } = await stream({}, MEMBERS, 'OK')
    const fn = (n: number, k: number) => n + k
    const { artefact, ref } = ship(fn)
    const spec = task('mine', fn, { [FUTURE_KEY]: 'a' }, 1)
    const graph = { op: 'update-graph', tasks: [spec], keys: ['mine'], code: [artefact] }
    expect(say(graph)).toEqual([])
    expect(say({ op: 'client-releases-keys', keys: ['x'] })).toEqual([])
    const codeKey = `heddle-code-${artefact.hash}`
    hear({ op: 'key-in-memory', key: codeKey, type: null })
    await vi.waitFor(() => expect(spoken).toHaveLength(3))
    const [code, submitted, released] = spoken.map((one) => unpackDask(packDask(one)) as Message) as [
      Message,
      Message,
      Message,
    ]
    expect(code.get('keys')).toEqual(new Set([codeKey]))
    expect((argsOf(nodesOf(code).get(codeKey))[1] as Message).get('body')).toBe(artefact.body)
    expect(line.heard.at(-1)).toMatchObject(
      new Map<string, unknown>([
        ['op', 'replicate'],
        ['keys', [codeKey]],
        ['n', 2],
        ['workers', ['tcp://a:1', 'tcp://b:1']],
        ['delete', false],
        ['reply', true],
      ]),
    )
    const [key, call, list] = argsOf(nodesOf(submitted).get('mine'))
    expect([key, argsOf(call)]).toEqual(['mine', ['heddle: fn']])
    const [name, head, buffers, , ...refs] = argsOf(list)
    expect([name, buffers, refs.map((one) => argsOf(one)[0])]).toEqual([ref, [], ['a', codeKey]])
    expect(decode(new Encoded(head as Uint8Array, [], 0), { resolve: (k) => `<${k}>` })).toEqual(['<a>', 1])
    expect((submitted.get('annotations') as Pickled).open()).toEqual(new Map([['resources', new Map([['heddle', 0]])]]))
    expect([released.get('op'), answers]).toEqual(['client-releases-keys', []])
    // It is there now.
    expect(say({ ...graph, code: undefined })).toHaveLength(1)
  })

  test('tells the scheduler by key which tasks of a graph want Heddle workers', async () => {
    const { say, spoken } = await stream({}, { workers: {} })
    const fn = () => 1
    const tasks = [task('ours', fn), task('theirs', py('len'), [])]
    say({ op: 'update-graph', tasks, keys: ['ours', 'theirs'], code: [ship(fn).artefact] })
    await vi.waitFor(() => expect(spoken).toHaveLength(2))
    const [, message] = spoken.map((one) => unpackDask(packDask(one)) as Message) as [Message, Message]
    const resources = ((message.get('annotations') as Pickled).open() as Message).get('resources') as PyObject
    const [byKey, method] = argsOf(resources) as [PyObject, string]
    expect([resources.maker, byKey.maker, method]).toEqual([
      'builtins.getattr',
      'collections.defaultdict',
      '__getitem__',
    ])
    expect(byKey.entries).toEqual([['ours', new Map([['heddle', 0]])]])
  })

  test('is refused options that the scheduler does not have', async () => {
    const { say, answers } = await stream()
    expect(
      say({ op: 'update-graph', tasks: [task('k', py('len'), [])], keys: ['k'], options: { timeout: 5 } }),
    ).toEqual([])
    expect(answers).toMatchObject([{ keys: ['k'], msg: "a Dask scheduler has no option 'timeout' for tasks" }])
  })

  test('asks for a retry, and is told when there can be none', async () => {
    const { say, answers, line } = await stream({}, ['k'], goldenFrames('client', 'uncaught-error'))
    expect(say({ op: 'retry', keys: ['k'] })).toEqual([])
    await expect.poll(() => line.heard.length).toBe(3)
    expect((line.heard[2] as Message).get('op')).toBe('retry')
    expect(say({ op: 'retry', keys: ['k'] })).toEqual([])
    await expect.poll(() => answers).toMatchObject([{ keys: ['k'], msg: 'it could not be tried again: lost' }])
  })

  test('hears of results, losses and cancellations', async () => {
    const { hear } = await stream()
    expect(hear(goldenFrames('client', 'key-in-memory'))).toMatchObject([
      { op: 'key-in-memory', key: 'x', typename: 'numpy.ndarray' },
    ])
    expect(hear({ op: 'lost-data', key: 'x' })).toEqual([{ op: 'lost-data', key: 'x' }])
    expect(hear({ op: 'cancelled-keys', keys: ['x'], reason: 'lost dependencies' })).toMatchObject([
      { keys: ['x'], reason: 'lost-dependencies' },
    ])
    expect(hear({ op: 'adjust-heartbeat-interval', interval: 5 })).toEqual([])
  })

  test('gets the error of a task with its class, text and traceback', async () => {
    const { hear } = await stream()
    const [erred] = hear(goldenFrames('client', 'task-erred')) as [{ key: string; error: Encoded }]
    const error = decode(erred.error) as PythonError
    expect(error).toBeInstanceOf(PythonError)
    expect([erred.key, error.type, error.message]).toEqual(['x', 'KeyError', 'lost'])
    expect(error.traceback).toMatch(/^Traceback \(most recent call last\):\n {2}File ".*", line \d+, in <module>$/m)
    expect((error.cause as PythonError).type).toBe('ZeroDivisionError')
    expect(error.stack).toMatch(/^PythonError: KeyError: lost\n {4}Traceback/)
  })
})

describe('a request to a Dask node', () => {
  test('for data is acknowledged to a worker', async () => {
    const worker = node({ type: 'Worker' }, goldenFrames('client', 'get_data'))
    const { data } = (await new DaskCaller().ask('get_data', { keys: ['x'] }, worker)) as { data: Map<string, Encoded> }
    expect(decode(data.get('x') as Encoded)).toEqual([1, 2])
    expect(worker.heard.at(-1)).toBe('OK')
  })

  test('for data is asked again of a busy worker, which hears nothing', async () => {
    const worker = node({ type: 'Worker' }, { status: 'busy' })
    expect(await new DaskCaller().ask('get_data', { keys: ['x'] }, worker)).toEqual({ status: 'busy', data: new Map() })
    expect(worker.heard).toHaveLength(2)
  })

  test('for data goes to a scheduler as a gather; what nobody has is not there', async () => {
    const scheduler = node({ type: 'Scheduler' }, { status: 'error', keys: ['x'] })
    expect(await new DaskCaller().ask('get_data', { keys: ['x'] }, scheduler)).toEqual({
      status: 'OK',
      data: new Map(),
    })
    expect((scheduler.heard[1] as Message).get('op')).toBe('gather')
  })

  test('that fails there says so with the exception of Python', async () => {
    const line = node(goldenFrames('client', 'uncaught-error'))
    const failing = new DaskCaller().ask('who_has', { keys: ['x'] }, line)
    await expect(failing).rejects.toThrow("'who_has' failed at tcp://127.0.0.1:8786: KeyError: lost")
  })

  test('that Dask has not is refused by name', async () => {
    await expect(new DaskCaller().ask('explain', { key: 'x' }, node())).rejects.toThrow(HeddleError)
  })
})

test('py names functions of modules, methods and builtins, with keywords', () => {
  const nameOf = (fn: (...args: unknown[]) => unknown) => pythonOf(ship(fn).ref)
  expect(nameOf(py('numpy.linalg.norm'))).toEqual(new PyGlobal('numpy.linalg', 'norm'))
  expect(nameOf(py('pandas:DataFrame.mean'))).toEqual(new PyGlobal('pandas', 'DataFrame.mean'))
  expect(nameOf(py('len'))).toEqual(new PyGlobal('builtins', 'len'))
  expect((nameOf(py('numpy.sum', { axis: 1 })) as PyObject).maker).toBe('functools.partial')
  expect(ship(py('numpy.sum', { axis: 1 })).ref).not.toBe(ship(py('numpy.sum', { axis: 0 })).ref)
  expect(() => py('os.system("x")')).toThrow(OptionError)
  expect(() => py('len')([])).toThrow('submit it to a Dask cluster')
})

test('keys that are no text are shown as Python shows them', () => {
  expect(['x', ['x', 0], ['x'], 5].map(keyText)).toEqual(['x', "('x', 0)", "('x',)", '(5)'])
})
