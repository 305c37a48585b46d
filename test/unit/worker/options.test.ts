import { availableParallelism } from 'node:os'
import { describe, expect, test } from 'vitest'
import { planWorker, type WorkerArguments, type WorkerOptions } from '../../../src/worker/options.js'

const CENTER = '127.0.0.1:8787'

function plan(options: WorkerOptions = {}) {
  return planWorker([CENTER, options])
}

describe('where the center is', () => {
  test.each<[string, WorkerArguments]>([
    ['host and port', ['192.168.0.100', 8787]],
    ['one text', ['192.168.0.100:8787']],
    ['one text with a scheme', ['tcp://192.168.0.100:8787']],
    ['an object with ip', [{ ip: '192.168.0.100', port: 8787 }]],
    ['an object with host', [{ host: '192.168.0.100', port: 8787 }]],
    ['host, port and options', ['192.168.0.100', 8787, { name: 'alice' }]],
  ])('S34: is said by %s', (_form, args) => {
    expect(planWorker(args).center.address).toBe('tcp://192.168.0.100:8787')
  })

  test('S34: may be a name', () => {
    expect(planWorker(['localhost', 8787]).center.address).toBe('tcp://localhost:8787')
  })

  test.each([
    [['127.0.0.1', 70_000]],
    [['127.0.0.1', 0]],
    [['127.0.0.1', Number.NaN]],
    [['127.0.0.1', '8787']],
    [['127.0.0.1']],
    [[undefined, 8787]],
    [[]],
  ])('S35: %j is refused with a TypeError', (args) => {
    expect(() => planWorker(args as never)).toThrow(TypeError)
  })
})

describe('the options', () => {
  test('have defaults', () => {
    expect(plan()).toMatchObject({ name: undefined, nthreads: availableParallelism(), insecure: false, resources: {} })
  })

  test('S37, S39: nthreads and ncores, localDirectory and localDir are the same', () => {
    expect(plan({ ncores: 3 }).nthreads).toBe(3)
    expect(plan({ nthreads: 3, ncores: 3 }).nthreads).toBe(3)
    expect(() => plan({ nthreads: 3, ncores: 4 })).toThrow('nthreads: 3 contradicts ncores 4')
    expect(plan({ localDir: 'a' }).localDirectory).toBe('a')
    expect(() => plan({ localDir: 'a', localDirectory: 'b' })).toThrow('contradicts')
  })

  test('S43: an unknown one is refused, with the name that was meant', () => {
    expect(() => plan({ nThreads: 2 } as never)).toThrow("nThreads: unknown; did you mean 'nthreads'?")
    expect(() => plan({ local_dir: 'a' } as never)).toThrow("did you mean 'localDir'?")
    expect(() => plan({ loop: null } as never)).toThrow('there are name, nthreads')
  })

  test.each<[string, object]>([
    ['nthreads', { nthreads: 0 }],
    ['nthreads', { nthreads: 1.5 }],
    ['name', { name: '' }],
    ['name', { name: Number.NaN }],
    ['resources', { resources: { gpu: -1 } }],
    ['services', { services: { http: 8789 } }],
    ['services', { services: { http: [() => {}, 70_000] } }],
    ['servicePorts', { servicePorts: { nanny: 1.5 } }],
    ['memoryLimit', { memoryLimit: 'much' }],
    ['deathTimeout', { deathTimeout: 'soon' }],
    ['insecure', { insecure: 'yes' }],
    ['host', { host: '' }],
  ])('a wrong %s is refused by that name: %o', (option, options) => {
    expect(() => plan(options)).toThrow(new RegExp(`^${option}: `))
  })

  test('a host that others can reach needs insecure', () => {
    expect(() => plan({ host: '0.0.0.0' })).toThrow('insecure')
    expect(plan({ host: '0.0.0.0', insecure: true }).host).toBe('0.0.0.0')
    expect(plan({ host: 'localhost' }).host).toBe('localhost')
  })

  test('memory is a size, a share, or no limit', () => {
    expect(plan({ memoryLimit: '1GiB' }).memoryLimit).toBe(2 ** 30)
    expect(plan({ memoryLimit: 'none' }).memoryLimit).toBeUndefined()
    expect(plan({ memoryLimit: 0.5 }).memoryLimit).toBeGreaterThan(1e6)
  })

  test('those that are undefined are as if they were absent', () => {
    expect(plan({ name: undefined, nthreads: undefined, host: undefined }).nthreads).toBe(availableParallelism())
  })
})
