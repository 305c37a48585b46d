import { afterEach, expect, test } from 'vitest'
import { ProcessExecutor } from '../../../../src/worker/executor/process-executor.js'
import { executorContract } from './executor-contract.js'
import { Runs } from './runs.js'
import { ENTRY } from './threads.js'

const entry = new URL('process-entry.js', ENTRY)
const make = (options = {}) => new ProcessExecutor({ entry, nthreads: 2, workerName: 'alice', ...options })

executorContract('in processes', make)

let runs: Runs
afterEach(() => runs?.executor.close())

test('a task that aborts its process fails alone, and others go on', async () => {
  runs = await Runs.started(make({ nthreads: 1 }))
  const { kind, error } = await runs.failure(() => process.abort(), [], { key: 'native-1' })
  expect(kind).toBe('thread-died')
  expect(error).toMatchObject({ code: 'HEDDLE_THREAD_DIED', key: 'native-1' })
  expect(error.message).toMatch(/ended its process \(signal SIGABRT\)/)
  expect(await runs.value(() => 2)).toBe(2)
})

test('a task that calls process.exit fails with that, and others go on', async () => {
  runs = await Runs.started(make({ nthreads: 1 }))
  const { error } = await runs.failure(() => process.exit(3))
  expect(error.message).toContain('called process.exit(3)')
  expect(await runs.value(() => 2)).toBe(2)
})

test('what a task prints comes with its key', async () => {
  runs = await Runs.started(make())
  await runs.value((text: string) => console.warn(text), ['look'], { key: 'print-1' })
  expect(runs.logs).toMatchObject([{ key: 'print-1', level: 'warn', text: 'look' }])
})
