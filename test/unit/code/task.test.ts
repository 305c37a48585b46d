import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { describe, expect, test, vi } from 'vitest'
import { ship } from '../../../src/code/identity.js'
import { loadArtefact, mapStack } from '../../../src/code/load.js'
import { pure, task } from '../../../src/code/module.js'
import { projectOf } from './project.js'

type Fn = (...args: never[]) => unknown

/** Marks a function of that name, as the file's own program would, and runs what of it would travel. */
async function sliced(files: Record<string, string>, fn: Fn, ...args: unknown[]): Promise<unknown> {
  const [main] = Object.keys(files)
  const { ref, artefact } = ship(task(join(projectOf(files), main!), fn))
  return (await loadArtefact(artefact)).get(ref.split('#')[1]!)(...args)
}

function named(name: string, length = 1): Fn {
  const fn = () => undefined
  Object.defineProperty(fn, 'length', { value: length })
  return Object.defineProperty(fn, 'name', { value: name })
}

describe('a function marked by task', () => {
  test('takes along what it refers to, and the program does not run', async () => {
    const print = vi.spyOn(console, 'log')
    const files = {
      'main.ts': `
        import { Client, LocalCluster, task } from 'heddle'
        import { twice } from './lib.js'
        type Input = { x: number }
        const unused = console.log('unused'), offset: number = one() + 1
        function one() { return 1 }
        function work({ x }: Input): number { return twice(x) + offset }
        console.log('the program')
        await using cluster = await LocalCluster.start()
        await using client = await Client.connect(cluster)
        console.log(await client.submit(task(import.meta, work), { x: 1 }).result())`,
      'lib.ts': 'export const twice = (x: number) => 2 * x',
    }
    expect(await sliced(files, named('work'), { x: 4 })).toBe(10)
    expect(print).not.toHaveBeenCalled()
  })

  test('may be marked where it is declared', async () => {
    const main = `
      import * as heddle from 'heddle'
      import { task, pure } from 'heddle'
      const step = 2
      export const work = pure(task(import.meta, function work(x) { return x + step }))
      export const other = heddle.task(import.meta, function other(x) { return work(x) * 2 })
      throw new Error('the program')`
    expect(await sliced({ 'main.mjs': main }, named('work'), 1)).toBe(3)
    expect(await sliced({ 'main.mjs': main }, named('other'), 1)).toBe(6)
  })

  test('may be of a file that calls eval', async () => {
    const main = `
      import { task } from 'heddle'
      const step = 2
      const seven = (x) => eval('3 + 4') + x
      function work(x) { return seven(x) + step }
      task(import.meta, work)`
    expect(await sliced({ 'main.mjs': main }, named('work'), 1)).toBe(10)
  })

  test('may be of a CommonJS file', async () => {
    const main = `
      const { task, LocalCluster } = require('heddle')
      const { join } = require('node:path'), fs = require('node:fs')
      const lib = require('./lib.cjs')
      function work(x) { return [join('a', x), lib.two, require('node:path').sep, typeof fs, __dirname.length > 0] }
      module.exports = { remote: task(__filename, work) }
      LocalCluster.start()`
    const files = { 'main.cjs': main, 'lib.cjs': 'exports.two = 2' }
    expect(await sliced(files, named('work'), 'b')).toEqual(['a/b', 2, '/', 'object', true])
  })

  test('may be of a file that TypeScript compiled to CommonJS', async () => {
    const compiled = ts.transpile(
      `import { LocalCluster } from 'heddle'
      import { two } from './lib.cjs'
      export const limit = 4, other = 5
      export function work(x: number) { return x + limit + two + inner() }
      export const inner = () => other
      LocalCluster.start()`,
      { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    )
    expect(await sliced({ 'main.cjs': compiled, 'lib.cjs': 'exports.two = 2' }, named('work'), 1)).toBe(12)
  })

  test('keeps what makes its values: enums, namespaces, properties that are set', async () => {
    const main = `
      enum Colour { Red = 1, Blue }
      namespace Shapes { export const sides = 4 }
      const registry = new Map<string, number>()
      registry.set('a', 5)
      function work(): unknown { return [Colour.Blue, Shapes.sides, registry.get('a'), work.limit] }
      work.limit = 7
      registry.forEach(() => { throw new Error('program') })`
    expect(await sliced({ 'main.ts': main }, named('work', 0))).toEqual([2, 4, 5, 7])
  })

  test('may use the parts of heddle that tasks are for', async () => {
    const main = `import { Client, getClient } from 'heddle'
      function work() { return typeof getClient }
      Client.connect('x')`
    const { artefact } = ship(task(join(projectOf({ 'main.mjs': main }), 'main.mjs'), named('work', 0)))
    expect(artefact.body).toContain('__import("heddle")')
    expect(artefact.body).not.toContain('Client.connect')
  })

  test('has the same hash wherever its file is, whatever its program', () => {
    const refs = ['console.log(1)', 'console.log(2)'].map((program) => {
      const folder = projectOf({ 'main.mjs': `const a = 1; export function work(x) { return x + a }\n${program}` })
      return ship(task(join(folder, 'main.mjs'), named('work'))).ref
    })
    expect(refs[0]).toBe(refs[1])
  })

  test('shows lines of the TypeScript source', async () => {
    const folder = projectOf({
      'main.ts': `interface Long {
  a: number
}
console.log('program')

export async function work(x: Long): Promise<never> {

  throw new Error('line 8')
}`,
    })
    const { artefact } = ship(task(join(folder, 'main.ts'), named('work')))
    const work = (await loadArtefact(artefact)).get('work') as () => Promise<never>
    const thrown = (await work().catch((error: unknown) => error)) as Error
    mapStack(thrown)
    expect(thrown.stack).toContain(`at work (${folder}/main.ts:8:9)`)
  })

  test('is taken from this very test file', async () => {
    const { artefact } = ship(task(import.meta, ofThisFile))
    expect((await loadArtefact(artefact)).get('ofThisFile')(3)).toBe(3 + LIMIT)
  })

  test('can be declared pure before or after', () => {
    const folder = projectOf({ 'main.mjs': 'function work(x) { return x }' })
    expect(ship(pure(task(join(folder, 'main.mjs'), named('work')))).pure).toBe(true)
    expect(ship(task(pathToFileURL(join(folder, 'main.mjs')).href, pure(named('work')))).pure).toBe(true)
    expect(ship(task(join(folder, 'main.mjs'), named('work'))).pure).toBe(false)
  })
})

const LIMIT = 4
function ofThisFile(x: number): number {
  return x + LIMIT
}

describe('task refuses', () => {
  const refusal = (main: string, fn: Fn): unknown => {
    const folder = projectOf({ 'main.mjs': main })
    try {
      ship(task(join(folder, 'main.mjs'), fn))
    } catch (error) {
      return error
    }
    return undefined
  }

  test('a function without a name, saying what to do', () => {
    const error = refusal('', named('', 0))
    expect(error).toMatchObject({ code: 'HEDDLE_TASK_NOT_TOP_LEVEL' })
    expect(String(error)).toMatch(/task.test.ts|main.mjs:\d+ was given a function without a name. Make it a named/)
  })

  test('a function within another', () => {
    const error = refusal('function outer() { function inner(x) {} }', named('inner'))
    expect(String(error)).toMatch(/was given 'inner', which is no top-level function of that file/)
  })

  test('a file that is not there, as when webpack bundled it elsewhere, and says what helps', () => {
    expect(() => task('file:///nowhere/src/main.ts', named('work'))).toThrow(
      /the source file .*nowhere\/src\/main.ts is not there.*webpack bundled needs its sources beside it/,
    )
  })

  test('what awaits at the top level, with its line', () => {
    const error = refusal('const db =\n  await open()\nfunction work(x) { return db }', named('work'))
    expect(error).toMatchObject({ code: 'HEDDLE_TASK_NOT_TOP_LEVEL' })
    expect(String(error)).toMatch(/task 'work' cannot be cut out of its file: .*main.mjs:2, which it needs, awaits/)
  })

  test('what needs a part of the program', () => {
    const error = refusal(
      `import { Client } from 'heddle'\nconst client = Client.connect('x')\nfunction work(x) { return client }`,
      named('work'),
    )
    expect(String(error)).toMatch(/main.mjs:2, which it needs, uses 'Client' of heddle/)
  })

  test('the same by the whole package', () => {
    const error = refusal(
      `const heddle = require('heddle')\nfunction work(x) { return heddle.LocalCluster.start() }`,
      named('work'),
    )
    expect(String(error)).toMatch(/main.mjs:2, which it needs, uses 'LocalCluster' of heddle/)
  })

  test('a name that the program changes as it runs', () => {
    const error = refusal(
      'let total = 0\nfor (const x of [1]) total += x\nfunction work(x) { return total }',
      named('work'),
    )
    expect(String(error)).toMatch(/main.mjs:2, which it needs, changes 'total' as the program runs/)
  })
})
