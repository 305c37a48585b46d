import { expect, onTestFinished, test, vi } from 'vitest'
import { Shuffles } from '../../../src/dask/worker/shuffles.js'
import { HeddleError, PythonError } from '../../../src/errors.js'

type Asked = [op: string, fields: object]

function shufflesOf(python = ['tcp://p:1'], answer: (op: string, fields: object) => unknown = () => null) {
  const asked: Asked[] = []
  const shuffles = new Shuffles({
    pythonWorkers: async () => python,
    ask: async (op, fields) => {
      asked.push([op, fields])
      return answer(op, fields)
    },
  })
  return { shuffles, asked }
}

const restart = (id: string, run: number): Asked => ['shuffle_barrier', { id, run_id: run, consistent: false }]

function pythonFails(type: string): never {
  throw new HeddleError('HEDDLE_DASK', 'it failed', { cause: new PythonError(type, 'x', undefined) })
}

test('a shuffle is kept to Python workers and begun anew, once for all that is heard of it', async () => {
  const { shuffles, asked } = shufflesOf()
  await Promise.all([shuffles.leave('a', 1), shuffles.leave('a', 1)])
  await shuffles.leave('a', 1)
  expect(asked).toEqual([['set_restrictions', { worker: { 'shuffle-barrier-a': ['tcp://p:1'] } }], restart('a', 1)])
})

test('shuffles that are heard of together begin anew together', async () => {
  const { shuffles, asked } = shufflesOf()
  await Promise.all([shuffles.leave('a', 1), shuffles.leave('b', 2)])
  const worker = { 'shuffle-barrier-a': ['tcp://p:1'], 'shuffle-barrier-b': ['tcp://p:1'] }
  expect(asked).toEqual([['set_restrictions', { worker }], restart('a', 1), restart('b', 2)])
})

test('a run that has ended already is left', async () => {
  const { shuffles } = shufflesOf(undefined, (op) => op === 'shuffle_barrier' && pythonFails('KeyError'))
  await shuffles.leave('a', 1)
})

test('a run that goes on is told so, and so is one without a Python worker', async () => {
  const { shuffles } = shufflesOf(undefined, (op) => op === 'shuffle_barrier' && pythonFails('TypeError'))
  await expect(shuffles.leave('a', 1)).rejects.toThrow('it failed')
  await expect(shufflesOf([]).shuffles.leave('a', 1)).rejects.toThrow('name Python’s workers')
})

test('a shuffle that comes back for ever is given up', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { shuffles } = shufflesOf()
  for (let run = 1; run <= 8; run++) await Promise.all([shuffles.leave('a', run), vi.runAllTimersAsync()])
  await expect(shuffles.leave('a', 9)).rejects.toThrow('cannot take part in a shuffle')
})

test('when a worker is lost, shuffles that are still there may run anywhere', async () => {
  const states = new Map([
    ['shuffle-barrier-a', 'waiting'],
    ['shuffle-barrier-b', null],
  ])
  const { shuffles, asked } = shufflesOf(undefined, (op) => (op === 'get_task_status' ? states : null))
  await Promise.all([shuffles.leave('a', 1), shuffles.leave('b', 2)])
  await shuffles.lost()
  expect(asked.at(-1)).toEqual(['set_restrictions', { worker: { 'shuffle-barrier-a': null } }])
})
