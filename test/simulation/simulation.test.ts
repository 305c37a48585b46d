import { expect, test } from 'vitest'
import { SchedulerCore } from '../../src/scheduler/core/core.js'
import type { SimulatedTask } from '../../src/simulation/options.js'
import { shrink } from '../../src/simulation/shrink.js'
import { SimulationError, simulate } from '../../src/simulation/simulate.js'

const GRAPH: SimulatedTask[] = [
  { key: 'read', ms: 50 },
  { key: 'clean', deps: ['read'], failures: 1, retries: 2 },
  { key: 'send', deps: ['clean'], effect: true, resources: { GPU: 1 } },
]

test('a seed always makes the same run', () => {
  const run = () => simulate({ seed: 7, trace: true }).trace
  expect(run()).toEqual(run())
  expect(run().length).toBeGreaterThan(100)
})

test('a graph of one’s own is run, with faults and without', () => {
  for (let seed = 1; seed <= 20; seed++) {
    expect(simulate({ seed, graph: GRAPH, workers: 3, deeds: 20 }).tasks).toBe(3)
    expect(simulate({ seed, graph: GRAPH, workers: 1, deeds: 0, faults: false }).tasks).toBe(3)
  }
})

test('a graph that cannot be is found out', () => {
  const graph = [{ key: 'a', deps: ['nowhere'] }]
  expect(() => simulate({ seed: 1, graph, deeds: 0 })).not.toThrow()
  expect(() => simulate({ seed: 1, graph: [{ key: 'a', resources: { FPGA: 1 } }], deeds: 0 })).toThrow(
    /seed 1: still pending after healing: a of client-\d+ \(no-worker\)/,
  )
})

test('a failure says how to see it again, and is made small', () => {
  const graph = [{ key: 'good' }, { key: 'bad', resources: { FPGA: 1 } }, { key: 'after', deps: ['good'] }]
  const failure = failureOf(() => simulate({ seed: 3, graph, deeds: 2, faults: false }))
  expect(failure.message).toMatch(/reproduce: npm run simulate -- --seed 3/)
  const small = shrink(failure)
  expect(small.tasks).toEqual(['bad'])
  expect([...small.deeds.keys()]).toEqual([])
  expect(small.trace.some((line) => line.includes('update-graph'))).toBe(true)
})

test('a bug in the scheduler is found within a few seeds', () => {
  const { handle } = SchedulerCore.prototype
  // A core that does not hear when a task asks to be run elsewhere.
  SchedulerCore.prototype.handle = function (event, now) {
    const isDeaf = event.type === 'worker-message' && event.message.op === 'reschedule'
    return isDeaf ? [] : handle.call(this, event, now)
  }
  try {
    const seeds = Array.from({ length: 30 }, (_, i) => i + 1)
    expect(failureOf(() => seeds.forEach((seed) => void simulate({ seed }))).reason).toMatch(/pending/)
  } finally {
    SchedulerCore.prototype.handle = handle
  }
})

function failureOf(act: () => unknown): SimulationError {
  try {
    act()
  } catch (error) {
    if (error instanceof SimulationError) return error
    throw error
  }
  throw new Error('nothing went wrong')
}
