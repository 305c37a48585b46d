import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { seal } from '../../../src/code/hash.js'
import { ship } from '../../../src/code/identity.js'
import { loadArtefact, loadFunctionSync, mapStack, whyNotArtefact } from '../../../src/code/load.js'

const { artefact } = ship(function work(x: number) {
  if (x < 0) throw new RangeError('negative')
  return x
})

describe('an artefact that comes from a peer', () => {
  test.each([
    ['nothing', null, 'an artefact is not an object'],
    ['another hash', { ...artefact, hash: '0'.repeat(32) }, 'its content is not that of hash 000'],
    ['another body', { ...artefact, body: `${artefact.body} ` }, 'its content is not that of hash'],
    ['other externals', { ...artefact, externals: ['fs'] }, 'its content is not that of hash'],
    ['another place', { ...artefact, url: 'file:///a.ts' }, 'its content is not that of hash'],
    ['a short hash', { ...artefact, hash: 'ab' }, 'hash is not 32 hex digits'],
    ['an unknown kind', { ...artefact, kind: 'class' }, 'kind is none of function, module'],
    ['a map that is no text', { ...artefact, map: 1 }, 'map is not a string'],
    ['externals that are no list', { ...artefact, externals: 'fs' }, 'externals are not strings'],
    ['a place on the web', { ...artefact, url: 'https://a.b/c.js' }, 'url is not a file URL'],
  ])('is refused with %s', async (_what, wrong, reason) => {
    expect(whyNotArtefact(wrong)).toContain(reason)
    if (wrong !== null) await expect(loadArtefact(wrong as never)).rejects.toMatchObject({ code: 'HEDDLE_LOAD' })
  })

  test('is taken as it was sent', async () => {
    expect(whyNotArtefact(structuredClone(artefact))).toBeUndefined()
    expect((await loadArtefact(structuredClone(artefact))).get('work')(3)).toBe(3)
  })

  test('names what it has when asked for what it has not', async () => {
    const code = await loadArtefact(artefact)
    expect(() => code.get('other')).toThrow("work has no function 'other'; it has work")
    expect(() => code.get('toString')).toThrow(expect.objectContaining({ code: 'HEDDLE_FUNCTION' }))
  })

  test('is named when it does not compile', async () => {
    const broken = seal({ kind: 'module', name: 'tasks.ts', body: 'return {', externals: [] })
    await expect(loadArtefact(broken)).rejects.toThrow('tasks.ts cannot be loaded: SyntaxError')
  })

  test('must be awaited if it is a module', () => {
    const module = seal({ kind: 'module', name: 'tasks.ts', body: 'return {}', externals: [] })
    expect(() => loadFunctionSync(module)).toThrow('tasks.ts is a module: use loadArtefact')
  })

  test('finds no package where none is, and says what to run', async () => {
    const shipped = ship(async () => (await import('not-installed' as string)).default)
    const fn = loadFunctionSync(shipped.artefact).get('lambda') as () => Promise<unknown>
    await expect(fn()).rejects.toThrow(/imports 'not-installed'; it is not installed here.* Run 'npm i not-installed'/)
  })
})

describe('a stack', () => {
  afterEach(() => vi.unstubAllEnvs())

  const thrown = (): Error => {
    try {
      loadFunctionSync(artefact).get('work')(-1)
    } catch (error) {
      return error as Error
    }
    throw new Error('it did not throw')
  }

  test('shows a function sent by source with its name and the line in it', () => {
    const error = thrown()
    mapStack(error)
    expect(error.stack).toMatch(/^RangeError: negative\n {4}at work \(function work:2:\d+\)\n {4}at thrown/)
  })

  test('is left alone by a message that looks like one', () => {
    const error = Object.assign(thrown(), { message: 'a\n    at b (c:1:2)' })
    error.stack = `RangeError: ${error.message}\n    at work (heddle:${artefact.hash}/work:2:5)`
    mapStack(error)
    expect(error.stack).toBe('RangeError: a\n    at b (c:1:2)\n    at work (function work:2:5)')
  })

  test('shows nothing of Heddle unless asked', () => {
    const ours = `    at run (${new URL('../../../src/worker/x.js', import.meta.url).pathname}:1:2)`
    const make = () => {
      const error = thrown()
      error.stack = `Error: x\n    at user (/u.js:1:1)\n${ours}\n    at process.y (node:internal/z:1:1)`
      return error
    }
    const short = make()
    mapStack(short)
    expect(short.stack).toBe('Error: x\n    at user (/u.js:1:1)')
    vi.stubEnv('HEDDLE_STACK', 'full')
    const full = make()
    mapStack(full)
    expect(full.stack).toContain('worker/x.js')
  })

  test('is mapped through causes and collected errors, cycles and all, and what is no error is left', () => {
    const [inner, collected] = [thrown(), thrown()]
    const error = new AggregateError([collected, 1], 'outer', { cause: inner })
    inner.cause = error
    mapStack(error)
    expect(inner.stack).toContain('function work:2')
    expect(collected.stack).toContain('function work:2')
    mapStack(undefined)
    mapStack(Object.freeze(thrown()))
  })
})

test('a thousand functions leave nothing in memory', async () => {
  // 26 kB each, as a module of some size.
  const load = async (i: number) => {
    const body = `const text = "${String(i).repeat(26_000 / String(i).length)}"; return { f: () => text.length }`
    const code = await loadArtefact(seal({ kind: 'module', name: 'f', body, externals: [] }))
    return code.get('f')()
  }
  for (let i = 0; i < 50; i++) await load(i)
  const before = await heapUsed()
  for (let i = 1000; i < 2000; i++) await load(i)
  const perLoad = ((await heapUsed()) - before) / 1000
  expect(perLoad).toBeLessThan(1024)
})

async function heapUsed(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  for (let i = 0; i < 6; i++) {
    collectGarbage()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return process.memoryUsage().heapUsed
}
