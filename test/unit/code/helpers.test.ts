import { runInThisContext } from 'node:vm'
import { transformSync } from 'esbuild'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { ship } from '../../../src/code/identity.js'
import { loadFunctionSync } from '../../../src/code/load.js'

/** The last function that the compiled text declares, sent and called in another place. */
function travelled(compiled: string): unknown {
  const fn = runInThisContext(`(() => { const exports = {}; ${compiled}\nreturn work })()`) as () => unknown
  const { ref, artefact } = ship(fn)
  return loadFunctionSync(artefact).get(ref.split('#')[1]!)()
}

const SAMPLES: Record<string, string> = {
  'names and defaults': 'function work() { const inner = (x = 1) => x; return [inner.name, inner()] }',
  'rest and spread': `function work() {
    const { a, ...rest } = { a: 1, b: 2, c: 3 }
    const list = [0, ...[1, 2], ...new Set([3])], [first, ...others] = list
    return [rest, list, first, others, { ...rest, d: Math.max(...list) }]
  }`,
  'async and await': `async function work() {
    const fail = async () => { throw new Error('no') }
    try { await fail() } catch (e) { return [await Promise.resolve(1), (e as Error).message] }
    finally { await null }
    return 0
  }`,
  'loops with break, continue, and finally': `function work() {
    const steps = []
    function* numbers() { try { yield 1; yield 2; return yield* [3, 4] } finally { steps.push('closed') } }
    for (const n of numbers()) { if (n === 2) continue; if (n === 4) break; steps.push(n) }
    const g = numbers(); g.next(); try { g.throw(new Error('x')) } catch (e) { steps.push((e as Error).message) }
    return [steps, [...numbers()], numbers().next()]
  }`,
  'nested try and finally': `async function work() {
    const steps = []
    const run = async (n: number) => {
      for (let i = 0; i < 3; i++) {
        try { try { if (i === n) continue; if (n === 9) throw new Error('nine'); await i; steps.push(i) } finally { steps.push('in') } }
        catch (e) { steps.push((e as Error).message); return 'caught' }
        finally { await 0; steps.push('out') }
      }
      return 'end'
    }
    return [await run(1), await run(9), steps]
  }`,
  'async generators': `async function work() {
    const steps: unknown[] = []
    async function* inner() { yield 1; yield Promise.resolve(2) }
    async function* outer() { try { const x = yield 0; steps.push(x); yield* inner(); yield* [3] } finally { steps.push('closed') } }
    for await (const n of outer()) steps.push(n)
    for await (const n of outer()) { if (n === 1) break; steps.push(n) }
    for await (const n of [Promise.resolve(7), 8]) steps.push(n)
    return steps
  }`,
  'classes with private members': `function work() {
    class A { #x = 1; static #n = 5; get #y() { return this.#x + 1 } set #y(v) { this.#x = v } #m() { return 'm' }
      run() { this.#y = 7; this.#x += 1; return [this.#x, this.#y, this.#m(), #x in this, A.#n++, A.#n] } }
    class B extends A { z = 3; run() { return [...super.run(), this.z, this instanceof A] } }
    return new B().run()
  }`,
  templates: 'function work() { const tag = (s: TemplateStringsArray) => [s[0], s.raw[1]]; return tag`a$' + '{1}b` }',
  using: `async function work() {
    const steps: string[] = []
    const open = (name: string) => ({ [Symbol.dispose]() { steps.push(name) }, async [Symbol.asyncDispose]() { steps.push('async ' + name) } })
    try { using a = open('a'); await using b = open('b'); using none = null; throw new Error('body') }
    catch (e) { steps.push((e as Error).message) }
    { using bad = { [Symbol.dispose]() { steps.push('bad') } } }
    return steps
  }`,
  'dynamic import': "async function work() { const { sep } = await import('node:path'); return sep }",
  powers: 'function work() { let x = 2; x **= 3; return x ** 2 }',
  decorators: `function work() {
    const twice = (_t: unknown, _k: string, d: PropertyDescriptor) => ({ ...d, value: () => 2 * d.value() })
    const mark = (c: any) => { c.marked = true }
    @mark class A { @twice m() { return 4 } }
    return [new A().m(), (A as any).marked]
  }`,
}

const EXPECTED: Record<string, unknown> = {
  'names and defaults': ['inner', 1],
  'rest and spread': [{ b: 2, c: 3 }, [0, 1, 2, 3], 0, [1, 2, 3], { b: 2, c: 3, d: 3 }],
  'async and await': [1, 'no'],
  'loops with break, continue, and finally': [
    [1, 3, 'closed', 'closed', 'x', 'closed'],
    [1, 2, 3, 4],
    { value: 1, done: false },
  ],
  'nested try and finally': ['end', 'caught', [0, 'in', 'out', 'in', 'out', 2, 'in', 'out', 'in', 'nine', 'out']],
  'async generators': [0, undefined, 1, 2, 3, 'closed', 0, undefined, 'closed', 7, 8],
  'classes with private members': [8, 9, 'm', true, 5, 6, 3, true],
  templates: ['a', 'b'],
  using: ['async b', 'a', 'body', 'bad'],
  'dynamic import': '/',
  powers: 64,
  decorators: [8, true],
}

const tsTo =
  (target: ts.ScriptTarget, more: ts.CompilerOptions = {}) =>
  (source: string) =>
    ts.transpile(source, {
      target,
      module: ts.ModuleKind.CommonJS,
      experimentalDecorators: true,
      downlevelIteration: true,
      ignoreDeprecations: '6.0',
      ...more,
    })

const esbuildTo = (target: string) => (source: string) =>
  transformSync(source, {
    loader: 'ts',
    target,
    keepNames: true,
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
  }).code

const COMPILERS: Record<string, (source: string) => string> = {
  'TypeScript to ES2015': tsTo(ts.ScriptTarget.ES2015),
  'TypeScript to ES5': tsTo(ts.ScriptTarget.ES5),
  'TypeScript to ES2022': tsTo(ts.ScriptTarget.ES2022),
  'esbuild, keeping names, to Node 20': esbuildTo('node20'),
  'esbuild, keeping names, to ES2016': esbuildTo('es2016'),
}

describe.each(Object.entries(COMPILERS))('what %s makes of a function travels', (_compiler, compile) => {
  test.each(Object.entries(SAMPLES))('with %s', async (what, source) => {
    expect(await travelled(compile(source))).toEqual(EXPECTED[what])
  })
})
