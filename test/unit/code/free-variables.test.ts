import { runInThisContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { ship } from '../../../src/code/identity.js'
import { loadFunctionSync } from '../../../src/code/load.js'
import { CaptureError } from '../../../src/errors.js'

type Fn = (...args: never[]) => unknown

/** The function that this text gives, untouched by the test runner's own compiler. */
const written = (text: string): Fn =>
  runInThisContext(`(() => { const captured = 1, db = 2, helper = (x) => x; return (${text}\n) })()`) as Fn

function variablesOf(text: string): readonly string[] {
  try {
    ship(written(text))
    return []
  } catch (error) {
    if (error instanceof CaptureError) return error.variables
    throw error
  }
}

/** Ships it, loads what arrives, and calls that. */
function travelled(text: string, ...args: unknown[]): unknown {
  const { ref, artefact } = ship(written(text))
  return loadFunctionSync(artefact).get(ref.slice(ref.indexOf('#') + 1))(...args)
}

describe('names that a function takes from outside', () => {
  test.each([
    ['a variable', '(x) => x + captured', ['captured']],
    ['a default of a parameter', '(x = captured) => x', ['captured']],
    ['a parameter is none, also in a later default', '(x, y = x, { z = y, ...w } = {}) => [x, y, z, w]', []],
    ['a default sees no variable of the body', '(x = inner) => { var inner = 1; return x + inner }', ['inner']],
    ['a computed key in a pattern', '({ [captured]: x }) => x', ['captured']],
    ['a shorthand property', '() => ({ captured })', ['captured']],
    ['a property of that name is none', '(o) => o.captured + { captured: 1 }.captured', []],
    ['a hoisted function is none', '() => { return f(); function f() { return g() } var g }', []],
    ['a variable of a block is none outside it', '() => { { let x = 1 } return x }', ['x']],
    ['a loop variable', '(xs) => { for (const x of xs) captured(x); for (let i = 0; i < 3; i++) i }', ['captured']],
    ['a caught error is none', '() => { try { helper() } catch (e) { return e } }', ['helper']],
    ['a catch without a name', '() => { try { return 1 } catch { return db } }', ['db']],
    ['a label is none', '() => { captured: for (;;) break captured }', []],
    ['the name of a function expression is none', 'function fact(n) { return n ? n * fact(n - 1) : 1 }', []],
    ['the name of a class expression is none', '() => class A { static b = A.name; c() { return A } }', []],
    ['a parent class', '() => class extends captured {}', ['captured']],
    ['a field of a class', '() => class { x = captured; [db]() {} }', ['captured', 'db']],
    ['a private name is none', '() => new (class { #x = 1; get() { return #x in this && this.#x } })().get()', []],
    ['a static block', '() => class { static { helper() } }', ['helper']],
    ['new.target is none', 'function F() { return new.target === undefined }', []],
    ['arguments of a function is none', 'function f() { return (() => arguments.length)() }', []],
    ['arguments around an arrow', '() => arguments.length', ['arguments']],
    ['this around an arrow', '() => this.x', ['this']],
    ['this of a function within is none', '() => ({ m() { return this } }).m()', []],
    ['a tagged template', `(x) => helper\`a\${x}b\${captured}\``, ['helper', 'captured']],
    ['an assignment', '(x) => { captured = x }', ['captured']],
    ['an update', '() => captured++', ['captured']],
    ['a delete and a typeof', '(o) => [delete o.x, typeof captured]', ['captured']],
    ['a destructuring assignment', '(x) => { let a; [a, captured] = x; ({ b: db } = x) }', ['captured', 'db']],
    ['a generator', 'function* f(n) { yield* helper(n) }', ['helper']],
    ['an async generator', 'async function* f(xs) { for await (const x of xs) yield await helper(x) }', ['helper']],
    ['an async arrow', 'async (x) => await helper(x)', ['helper']],
    ['optional chains', '(o) => o?.a?.[captured]?.()', ['captured']],
    ['globals of a worker are none', '() => [URL, Buffer, fetch, process, structuredClone, Infinity, undefined]', []],
    ['globals of a browser', '() => window.location', ['window']],
    ['asking where it runs is none', "() => typeof window === 'undefined' ? 1 : window.x", []],
    ['dynamic import is none', "async () => (await import('node:path')).sep", []],
    ['require is none', "() => require('node:path').sep", []],
    ['a method', '{ async *m(x) { yield captured } }.m', ['captured']],
    ['a method with a computed name', "{ ['a' + captured](x) { return db } }['a1']", ['db']],
    ['a method with a symbol', '{ [Symbol.iterator]() { return db } }[Symbol.iterator]', ['db']],
    ['a static method', 'class { static m() { return captured } }.m', ['captured']],
  ])('%s', (_what, text, expected) => expect(variablesOf(text)).toEqual(expected))

  test('names of a test runner or polyfill do not pass for globals', () => {
    Reflect.set(globalThis, 'addedByPolyfill', 1)
    expect(variablesOf('() => addedByPolyfill')).toEqual(['addedByPolyfill'])
    Reflect.deleteProperty(globalThis, 'addedByPolyfill')
  })
})

describe('what compilers make of an import is named as the import', () => {
  test.each([
    ['vitest and vite', '(x) => (0, __vite_ssr_import_0__.helper)(x)', 'helper'],
    ['TypeScript', '(x) => (0, c_1.helper)(x)', 'helper'],
    ['TypeScript, a default', '(x) => (0, lodash_1.default)(x)', 'lodash'],
    ['esbuild', '(x) => (0, import_lib.helper)(x)', 'helper'],
    ['SWC', '(x) => (0, _c.helper)(x)', 'helper'],
    ['webpack', '(x) => (0,_lib__WEBPACK_IMPORTED_MODULE_2__.helper)(x)', 'helper'],
    ['webpack, shortened', '(x) => (0,_lib__WEBPACK_IMPORTED_MODULE_2__/* .helper */ .X)(x)', 'helper'],
  ])('%s', (_compiler, text, name) => {
    expect(variablesOf(text)).toEqual([name])
    expect(() => ship(written(text))).toThrow(`uses the import '${name}' from outside`)
  })
})

describe('what webpack makes of an import() is refused with the way to keep it', () => {
  test.each([
    'async () => (await Promise.resolve(/* import() */).then(() => (__webpack_require__.t(760, 23)))).sep',
    'async () => (await Promise.resolve().then(() => __webpack_require__(663))).sep',
    'async()=>(await Promise.resolve().then(()=>o.t(760,23))).sep',
    'async () => (await __webpack_require__.e(2).then(__webpack_require__.bind(__webpack_require__, 5))).sep',
  ])('%s', (text) => {
    expect(() => ship(written(text))).toThrow('Write import(/* webpackIgnore: true */ …)')
  })

  test('and nothing else is taken for it', () => {
    expect(() => ship(written('() => Promise.resolve().then(() => helper(x))'))).toThrow('Pass them as arguments')
  })
})

describe('a function that travels', () => {
  test.each([
    ['an arrow', '(x) => x + 1', 3],
    ['an arrow that gives an object', '(x) => ({ x }).x + 1', 3],
    ['a function', 'function inc(x) { return x + 1 }', 3],
    ['a method', '{ inc(x) { return x + 1 } }.inc', 3],
    ['a method with a strange name', "{ 'a b'(x) { return x + 1 } }['a b']", 3],
    ['a method named __proto__', "{ ['__proto__'](x) { return x + 1 } }['__proto__']", 3],
    ['a static method', 'class { static inc(x) { return x + 1 } }.inc', 3],
    ['a function with a comment at its end', '(x) => x + 1 // the end', 3],
    ['a sloppy function', 'function f(x) { return x + 01 }', 3],
    [
      'one that counts its coverage',
      '(x) => { cov_1a2b().f[0]++; cov_1a2b().b[1][0]++; return cov_1a2b().s[2]++, x + 1 }',
      3,
    ],
  ])('%s', (_what, text, expected) => expect(travelled(text, 2)).toBe(expected))

  test('keeps its name', () => {
    const inc = ((x: number) => x + 1) satisfies Fn
    const { ref, artefact } = ship(inc)
    expect(loadFunctionSync(artefact).get(ref.split('#')[1]!).name).toBe('inc')
  })

  test('may import packages and builtins', async () => {
    const sep = travelled(
      "async () => { const { sep } = await import('node:path'); return sep + require('node:path').sep }",
    )
    expect(await sep).toBe('//')
  })

  test('has one hash for one text, and is read once', () => {
    const make = () => written('(x) => x + 10')
    expect(ship(make())).toBe(ship(make()))
    expect(ship(make()).ref).not.toBe(ship(written('(x) => x + 11')).ref)
  })
})

describe('a method or function that reads its object', () => {
  test.each([
    ['class { v = 1; get() { return 1 + this.v } }.prototype.get'],
    ['{ v: 1, get() { return () => this.v } }.get'],
    ['function get() { return this.v }'],
    ['{ get(x = this.v) { return x } }.get'],
  ])('is refused: %s', (text) => {
    expect(() => ship(written(text))).toThrow(/the function 'get' .*uses 'this'.*A method travels without its object/)
  })

  test.each([
    ['function f() { return this === undefined ? 3 : this.v }'],
    ['function f() { return this?.v ?? 3 }'],
    ['function f() { class A { v = 3; get() { return this.v } } return new A().get() }'],
    ['function f() { function A() { this.v = 3 } return new A().v }'],
    ['function f() { return ((self, fn) => fn.call({ v: 3 }))(this, function () { return this.v }) }'],
  ])('is not, where that is another one or may be missing: %s', (text) => expect(travelled(text)).toBe(3))
})

describe('what has no source of its own is refused by name', () => {
  test.each([
    ['Math.max', "'max' is native and has no source that could travel. Wrap the call: (...args) => Math.max(...args)"],
    ['parseInt', '(...args) => parseInt(...args)'],
    ['[].push', '(x, ...args) => x.push(...args)'],
    ['(function inc() {}).bind(null)', "'bound inc' is native or bound"],
    ['(() => {}).bind(null)', "'bound' is native or bound"],
    ['class Model {}', "'Model' is a class, which is not called but made"],
    ["Object.getOwnPropertyDescriptor({ get x() { return 1 } }, 'x').get", "'get x' is a getter or setter"],
    ['{ __proto__: { m() {} }, m() { return super.m() } }.m', "'m' uses super"],
    ['class { #x = 1; static m(o) { return o.#x } }.m', "the source of 'm' cannot stand by itself"],
    ["async () => import('./lib.js')", "'lambda' imports './lib.js' (its line 1)"],
  ])('%s', (text, message) => {
    expect(() => ship(written(text))).toThrow(message)
    expect(() => ship(written(text))).toThrow(expect.objectContaining({ code: 'HEDDLE_FUNCTION' }))
  })
})
