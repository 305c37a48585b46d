import { describe, expect, test } from 'vitest'
import { type LocalClusterOptions, planCluster } from '../../../src/cluster/cluster-plan.js'

describe('a local cluster', () => {
  test('has one worker for each 8 cores, and they share the cores', () => {
    expect(planCluster({}, 2).workers).toEqual([{ name: 'w1', nthreads: 2 }])
    expect(planCluster({}, 12).workers).toEqual([
      { name: 'w1', nthreads: 6 },
      { name: 'w2', nthreads: 6 },
    ])
  })

  test('has as many workers and threads as it is told to', () => {
    const plan = planCluster({ workers: 2, threadsPerWorker: 3, memoryLimit: '1GB' }, 4)
    expect(plan.workers.map(({ nthreads }) => nthreads)).toEqual([3, 3])
    expect(plan).toMatchObject({ memoryLimit: 1e9, schedulerPort: 0, announce: false, threadsPerWorker: 3 })
  })

  test('takes names for its workers, each once', () => {
    expect(planCluster({ workers: ['alice', 'bob'] }, 2).workers.map(({ name }) => name)).toEqual(['alice', 'bob'])
    expect(() => planCluster({ workers: ['alice', 'alice'] })).toThrow("two workers cannot both be called 'alice'")
  })

  test('may begin with no worker', () => {
    expect(planCluster({ workers: 0 }, 2)).toMatchObject({ workers: [], threadsPerWorker: 2 })
  })

  test.each([
    [{ workers: -1 }, 'workers'],
    [{ workers: 1.5 }, 'workers'],
    [{ threadsPerWorker: 0 }, 'threadsPerWorker'],
    [{ schedulerPort: 70_000 }, 'schedulerPort'],
    [{ memoryLimit: 'lots' }, 'memoryLimit'],
    [{ nworkers: 2 } as LocalClusterOptions, 'nworkers'],
  ])('refuses %j by the name of the option', (options, name) => {
    expect(() => planCluster(options)).toThrow(new RegExp(`^${name}: `))
  })

  test('names the option that was probably meant', () => {
    expect(() => planCluster({ worker: 1 } as never)).toThrow("worker: unknown; did you mean 'workers'?")
    expect(() => planCluster({ threads_per_worker: 1 } as never)).toThrow("did you mean 'threadsPerWorker'?")
  })
})
