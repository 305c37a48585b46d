import { describe, expect, test } from 'vitest'
import { planWorkers, type WorkerCommandOptions } from '../../../src/cli/worker-options.js'

const plan = (options: Partial<WorkerCommandOptions>, cores = 16) =>
  planWorkers({ nanny: true, preload: [], memoryLimit: 'none', ...options }, cores)

describe('heddle worker', () => {
  test('starts one worker for each 8 cores, and they share the cores', () => {
    expect(plan({}).map(({ nthreads }) => nthreads)).toEqual([8, 8])
    expect(plan({}, 2).map(({ nthreads }) => nthreads)).toEqual([2])
    expect(plan({ nworkers: 3 }).map(({ nthreads }) => nthreads)).toEqual([6, 5, 5])
  })

  test('starts one worker when only its threads are given', () => {
    expect(plan({ nthreads: 4 }).map(({ nthreads }) => nthreads)).toEqual([4])
  })

  test('takes the old spellings', () => {
    expect(plan({ nprocs: 2, ncores: 1 }).map(({ nthreads }) => nthreads)).toEqual([1, 1])
    expect(plan({ nprocs: 1, localDir: '/scratch' })[0]).toMatchObject({ localDirectory: '/scratch' })
    expect(plan({ port: [8788], nthreads: 1 })[0]).toMatchObject({ port: 8788 })
  })

  test('refuses two spellings that contradict each other', () => {
    expect(() => plan({ nthreads: 1, ncores: 2 })).toThrow('--nthreads: 1 contradicts --ncores 2')
  })

  test('numbers the names of several workers', () => {
    expect(plan({ name: 'alice', nworkers: 2 }).map(({ name }) => name)).toEqual(['alice-0', 'alice-1'])
    expect(plan({ name: 'alice', nworkers: 1 }).map(({ name }) => name)).toEqual(['alice'])
    expect(plan({})[0]).not.toHaveProperty('name')
  })

  test('gives each worker a port of the range, and refuses a range that is too short', () => {
    expect(plan({ workerPort: [1, 2], nworkers: 2 }).map(({ port }) => port)).toEqual([1, 2])
    expect(() => plan({ workerPort: [8788], nworkers: 2 })).toThrow('give a range')
  })

  test('refuses one port of web pages for several workers', () => {
    expect(() => plan({ httpPort: 80, nworkers: 2 })).toThrow('--http-port')
    expect(plan({ httpPort: 0, nworkers: 2 })).toHaveLength(2)
  })

  test('without a nanny runs one worker with all the cores, and refuses more', () => {
    expect(plan({ nanny: false })).toMatchObject([{ nthreads: 16 }])
    expect(() => plan({ nanny: false, nworkers: 2 })).toThrow('--no-nanny')
  })

  test('shares a memory limit given as a share, not one given as a size', () => {
    expect(plan({ memoryLimit: '2GB', nworkers: 2 })[1]).toMatchObject({ memoryLimit: 2e9 })
    expect(plan({ memoryLimit: 'none' })[0]).not.toHaveProperty('memoryLimit')
  })
})
