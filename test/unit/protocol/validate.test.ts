import { describe, expect, test } from 'vitest'
import { pack, unpack } from '../../../src/protocol/codec.js'
import {
  whyNotFromClient,
  whyNotFromWorker,
  whyNotToClient,
  whyNotToWorker,
} from '../../../src/protocol/validate-messages.js'
import { whyNotReply } from '../../../src/protocol/validate-replies.js'
import { SCHEDULER_CHECKS, WORKER_CHECKS } from '../../../src/protocol/validate-requests.js'
import {
  FROM_CLIENT,
  FROM_WORKER,
  messagesOf,
  REPLIES,
  SCHEDULER_ASKS,
  TO_CLIENT,
  TO_WORKER,
  WORKER_ASKS,
} from './good-messages.js'

type Fields = Record<string, unknown>
type Check = (message: Fields) => string | undefined

/** Fields that may be absent. */
const OPTIONAL = new Set(
  [
    'inline resource_restrictions timeout effect replaces hashes maps options code reports logs mutates code_missing',
    'who report who_has reason keys client workers',
    'name nthreads services metrics reports system note apart more',
  ]
    .join(' ')
    .split(' '),
)
/** Fields that may be absent here, and not elsewhere. */
const OPTIONAL_IN = new Set([
  'key of note',
  'nbytes of compute-task',
  'again of close',
  'supervised of undefined',
  'timeout of restart',
  'full of worker-status-change',
])

class Wrong {}

const STREAMS: [string, Check, Fields[]][] = [
  ['to a worker', whyNotToWorker, messagesOf(TO_WORKER)],
  ['from a worker', whyNotFromWorker, messagesOf(FROM_WORKER)],
  ['to a client', whyNotToClient, messagesOf(TO_CLIENT)],
  ['from a client', whyNotFromClient, messagesOf(FROM_CLIENT)],
]

const askable = (asks: object, checks: object): [string, Check, Fields][] =>
  Object.entries(asks).map(([op, ask]) => [op, (checks as Record<string, Check>)[op] as Check, ask as Fields])

const EACH: [string, Check, Fields][] = [
  ...STREAMS.flatMap(([name, check, messages]) =>
    messages.map((message): [string, Check, Fields] => [`${message.op} ${name}`, check, message]),
  ),
  ...askable(WORKER_ASKS, WORKER_CHECKS).map(([op, ...rest]): [string, Check, Fields] => [
    `request ${op} to a worker`,
    ...rest,
  ]),
  ...askable(SCHEDULER_ASKS, SCHEDULER_CHECKS).map(([op, ...rest]): [string, Check, Fields] => [
    `request ${op} to a scheduler`,
    ...rest,
  ]),
]

const ANSWERS = Object.entries(REPLIES).flatMap(([op, replies]) =>
  replies.map((reply): [string, Check, Fields] => [
    `answer to ${op}`,
    (given) => whyNotReply(op, given),
    reply as Fields,
  ]),
)

const read = (message: unknown) => unpack(pack(message)) as Fields

describe.each([...EACH, ...ANSWERS])('%s', (_name, check, good) => {
  const fields = Object.keys(good).filter((field) => field !== 'op')

  test('is accepted as it comes from the wire', () => {
    expect(check(read(good))).toBeUndefined()
  })

  test.runIf(fields.length > 0)('is refused with a field of the wrong kind, which the reason names', () => {
    for (const field of fields) expect(check({ ...good, [field]: new Wrong() })).toContain(`${field} is`)
  })

  test.runIf(fields.length > 0)(
    'is refused without a field that it needs, and accepted without one that it does not',
    () => {
      for (const field of fields) {
        const { [field]: _left, ...rest } = good
        const reason = check(read(rest))
        if (reason === undefined) expect(OPTIONAL.has(field) || OPTIONAL_IN.has(`${field} of ${good.op}`)).toBe(true)
        else expect(reason).toContain(`${field} is`)
      }
    },
  )
})

describe('a message', () => {
  test.each(STREAMS)('%s is refused when it is no map, or of an operation that is not there', (_name, check) => {
    for (const nothing of [null, 5, 'x', [], new Map(), new Wrong()]) {
      expect(check(nothing as never)).toBe('a message is not a set of fields')
    }
    for (const op of ['', 'nonsense', '__proto__', 'constructor', 'toString']) {
      expect(check({ op })).toBe(`there is no operation '${op}'`)
    }
    expect(check({ op: 5 })).toBe('there is no operation without a name')
    expect(check({})).toBe('there is no operation without a name')
  })

  test('names the part that is wrong, but not what a stranger wrote there', () => {
    const task = { ...TO_WORKER['compute-task'], op: 'compute-task' }
    expect(whyNotToWorker({ ...task, run_id: 0.5 })).toBe('compute-task: run_id is not an integer')
    expect(whyNotToWorker({ ...task, priority: [1, 'x'] })).toBe('compute-task: priority[1] is not a number')
    expect(whyNotToWorker({ ...task, who_has: new Map([['SECRET', 'y']]) })).toBe(
      'compute-task: who_has[…] is not a list',
    )
    expect(whyNotToWorker({ ...task, who_has: new Map([[5, []]]) })).toBe(
      'compute-task: who_has, in a key, is not a key',
    )
    expect(whyNotToWorker({ ...task, nbytes: new Map([['x', -1]]) })).toBe(
      'compute-task: nbytes[…] is not a whole number from 0',
    )
    expect(whyNotToWorker({ ...task, function: 'add' })).toBe('compute-task: function is not a function of an artefact')
    const graph = FROM_CLIENT['update-graph']
    const tasks = [graph.tasks[0], { ...graph.tasks[0], args: 'x' }]
    expect(whyNotFromClient({ ...graph, op: 'update-graph', tasks })).toBe(
      'update-graph: tasks[1].args is not an encoded value',
    )
  })

  test('with keys and sizes of different number is refused', () => {
    const message = { op: 'add-keys', ...FROM_WORKER['add-keys'] }
    expect(whyNotFromWorker({ ...message, nbytes: [1, 2] })).toBe('add-keys: nbytes and keys differ in length')
    expect(whyNotFromWorker({ ...message, hashes: [] })).toBe('add-keys: hashes and keys differ in length')
  })
})

describe('a map of many calls', () => {
  const [map] = FROM_CLIENT['update-graph'].maps
  const check = (change: Fields) =>
    whyNotFromClient({ ...FROM_CLIENT['update-graph'], op: 'update-graph', maps: [{ ...map, ...change }] })
  const offsets = (...at: number[]) => new Uint8Array(Uint32Array.from(at).buffer)

  test.each<[string, Fields]>([
    ['more items than positions', { length: 4 }],
    ['a length that no memory holds', { length: 2 ** 40 }],
    ['positions that go back', { offsets: offsets(0, 3, 2, 4) }],
    ['positions behind the end', { offsets: offsets(0, 2, 2, 5) }],
    ['positions that are cut off', { offsets: new Uint8Array(15) }],
    ['buffers of an item that is not there', { buffers: new Map([[3, []]]) }],
    ['inputs of an item that is not there', { deps: new Map([[3, ['a']]]) }],
  ])('with %s is refused', (_what, change) => {
    expect(check(change)).toMatch(/^update-graph: maps\[0\]\./)
  })

  test('may be empty', () => {
    const empty = { length: 0, offsets: offsets(0), args: new Uint8Array(0), buffers: new Map(), deps: new Map() }
    expect(check(empty)).toBeUndefined()
  })
})
