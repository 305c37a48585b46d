/** What compiles and what does not. Checked by `tsc`; nothing here runs. */
import { expectTypeOf } from 'expect-type'
import { type AsCompleted, type Client, type Future, ref, type Submitter, type Waited } from 'heddle'

declare const client: Client
declare const fn: Future<number>
declare const fs: Future<string>
declare const fns: Future<number>[]

const inc = (x: number) => x + 1
const later = async (x: number) => String(x)
const total = (xs: number[]) => xs.length
const opt = (a: number, b?: string, ...more: boolean[]) => [a, b, more] as const
const id = <T>(x: T): T => x
const first = <T>(xs: readonly T[]): T | undefined => xs[0]
const pair = <A, B>(a: A, b: B): [A, B] => [a, b]
class Foo {
  #x = 1
  get x() {
    return this.#x
  }
}
interface Tree {
  v: number
  kids: Tree[]
}

export function submitting() {
  expectTypeOf(client.submit(inc, 1)).toEqualTypeOf<Future<number>>()
  expectTypeOf(client.submit(inc, fn)).toEqualTypeOf<Future<number>>()
  expectTypeOf(client.submit(later, 1)).toEqualTypeOf<Future<string>>()
  expectTypeOf(client.submit(() => {})).toEqualTypeOf<Future<void>>()
  expectTypeOf(client.submit(() => new Foo())).toEqualTypeOf<Future<Foo>>()
  expectTypeOf(client.submit((foo: Foo) => foo.x, new Foo())).toEqualTypeOf<Future<number>>()
  expectTypeOf(
    client.submit(
      (foo: Foo) => foo.x,
      client.submit(() => new Foo()),
    ),
  ).toEqualTypeOf<Future<number>>()
  // @ts-expect-error a string is no number
  client.submit(inc, 'x')
  // @ts-expect-error nor is a future of one
  client.submit(inc, fs)
  // @ts-expect-error an argument is missing
  client.submit(inc)
  // @ts-expect-error one too many
  client.submit(inc, 1, 2)
  // @ts-expect-error not a function
  client.submit(new Date())
  // @ts-expect-error a class is not a function that travels
  client.submit(Foo)
  // @ts-expect-error options do not mix with arguments
  client.submit(inc, 1, { retries: 3 })
}

export function argumentsWithFutures() {
  client.submit(total, fns)
  client.submit(total, [1, fn, 2])
  client.submit(
    total,
    client.submit(() => [1, 2]),
  )
  // @ts-expect-error one of them is of a string
  client.submit(total, [fn, fs])
  // @ts-expect-error a single number is no list
  client.submit(total, fn)
  client.submit((m: Map<string, number>) => m.size, new Map([['a', fn]]))
  client.submit((s: Set<number>) => s.size, new Set([fn, fn]))
  client.submit((o: { a: number; b: { c: Date[] } }) => o.a, { a: fn, b: { c: [new Date()] } })
  // @ts-expect-error a part has the wrong type
  client.submit((o: { a: number }) => o.a, { a: fs })
  // @ts-expect-error a part is missing
  client.submit((o: { a: number; b: number }) => o.a, { a: fn })
  client.submit((t: Tree) => t.v, { v: fn, kids: [{ v: 1, kids: [] }] })
  // @ts-expect-error deep inside
  client.submit((t: Tree) => t.v, { v: fn, kids: [{ v: fs, kids: [] }] })
  client.submit((x: Float64Array) => x.length, new Float64Array(1))
  client.submit((x: 'a' | 'b') => x, 'a')
  // @ts-expect-error not one of them
  client.submit((x: 'a' | 'b') => x, 'c')
  client.submit(
    (x: boolean) => x,
    client.submit(() => true),
  )
  client.submit((x: unknown) => x, { any: [fn, fs] })
}

export function optionalAndGeneric() {
  client.submit(opt, 1)
  client.submit(opt, 1, 'x')
  client.submit(opt, fn, fs, true, false)
  // @ts-expect-error the second is a string
  client.submit(opt, 1, 2)
  // @ts-expect-error the rest are booleans
  client.submit(opt, 1, 'x', 3)
  expectTypeOf(client.submit(id, 1)).toEqualTypeOf<Future<number>>()
  expectTypeOf(client.submit(id, fn)).toEqualTypeOf<Future<number>>()
  expectTypeOf(client.submit(first, [1, 2])).toEqualTypeOf<Future<number | undefined>>()
  expectTypeOf(client.submit(pair, fn, 'x')).toEqualTypeOf<Future<[number, string]>>()
  expectTypeOf(client.submit((x, y) => [x, y] as const, fn, 'x')).toEqualTypeOf<Future<readonly [number, string]>>()
}

export function mapping() {
  expectTypeOf(client.map(inc, [1, 2])).toEqualTypeOf<Future<number>[]>()
  expectTypeOf(client.map(later, [1, fn])).toEqualTypeOf<Future<string>[]>()
  expectTypeOf(client.map(inc, new Set([1]))).toEqualTypeOf<Future<number>[]>()
  expectTypeOf(client.map(inc, [1].values())).toEqualTypeOf<Future<number>[]>()
  expectTypeOf(client.map(id, [1, fn])).toEqualTypeOf<Future<number>[]>()
  expectTypeOf(client.map((x) => x, [1, 2])).toEqualTypeOf<Future<number>[]>()
  client.map((x: number, y: string) => y.length + x, [1, 2], 'shared')
  client.map((x: number, y: string) => y.length + x, fns, fs)
  client.map((x: number, y: string) => y.length + x, 5, ['a', 'b'])
  client.map((x: number, o: { k: number }) => x + o.k, [1], { k: fn })
  client.map((x: number, data: Float64Array) => x + data.length, [1], new Float64Array(1))
  client.map((xs: number[]) => xs.length, [[1], fns])
  client.map(
    (x: number, all: number[]) => x + all.length,
    [1],
    client.submit(() => [1]),
  )
  // @ts-expect-error a list is walked through, so its items are no lists
  client.map((x: number, all: number[]) => x + all.length, [1], [1])
  // @ts-expect-error items of the wrong type
  client.map(inc, ['x'])
  // @ts-expect-error a shared value of the wrong type
  client.map((x: number, y: string) => y.length + x, [1], 2)
  // @ts-expect-error text is no list
  client.map(inc, '123')
  // @ts-expect-error nor is a Map
  client.map(inc, new Map([[1, 2]]))
}

export async function lazily() {
  for await (const size of client.imap((line: string) => line.length, ['a', fs], { maxInFlight: 2 })) {
    expectTypeOf(size).toEqualTypeOf<number>()
  }
  // @ts-expect-error items of the wrong type
  client.imap(inc, ['x'])
  // @ts-expect-error a misspelt option
  client.imap(inc, [1], { maxInflight: 2 })
}

export async function futures() {
  expectTypeOf(await fn.result()).toEqualTypeOf<number>()
  expectTypeOf(await client.submit(later, 1).result({ timeout: '1s' })).toEqualTypeOf<string>()
  expectTypeOf(await fn.exception()).toEqualTypeOf<unknown>()
  // `await` on a future itself changes nothing.
  expectTypeOf(await fn).toEqualTypeOf<Future<number>>()
  expectTypeOf(client.future<Date>('key')).toEqualTypeOf<Future<Date>>()
  expectTypeOf(client.future('key')).toEqualTypeOf<Future<unknown>>()
  // @ts-expect-error no duration
  await fn.result({ timeout: 'soon' })
  // @ts-expect-error no such option
  await fn.result({ waitAtMost: 3 })
  // @ts-expect-error not a promise
  fn.then(() => {})
  expectTypeOf<Future<1>>().toMatchTypeOf<Future<number>>()
  expectTypeOf<Future<number>>().not.toMatchTypeOf<Future<1>>()
}

export async function gathering() {
  expectTypeOf(await client.gather(fn)).toEqualTypeOf<number>()
  expectTypeOf(await client.gather(fns)).toEqualTypeOf<number[]>()
  expectTypeOf(await client.gather([fn, fs])).toEqualTypeOf<[number, string]>()
  expectTypeOf(await client.gather({ a: fn, b: [fs, 1] })).toEqualTypeOf<{ a: number; b: [string, 1] }>()
  expectTypeOf(await client.gather(new Map([['a', fn]]))).toEqualTypeOf<Map<string, number>>()
  expectTypeOf(await client.gather({ when: new Date(), f: fn })).toEqualTypeOf<{ when: Date; f: number }>()
  expectTypeOf(await client.gather([fn, fs], { errors: 'skip' })).toEqualTypeOf<
    [number | undefined, string | undefined]
  >()
  // @ts-expect-error no such choice
  await client.gather(fns, { errors: 'ignore' })
}

export async function scattering() {
  expectTypeOf(await client.scatter([1, 2])).toEqualTypeOf<Future<number[]>>()
  expectTypeOf(await client.scatterAll([1, 2])).toEqualTypeOf<Future<number>[]>()
  expectTypeOf(await client.scatterAll({ x: 1, y: 'a' })).toEqualTypeOf<{ x: Future<number>; y: Future<string> }>()
  expectTypeOf(client.submit(inc, await client.scatter(1))).toEqualTypeOf<Future<number>>()
  // @ts-expect-error no such option
  await client.scatter(1, { brodcast: true })
}

export async function others() {
  expectTypeOf(client.with({ retries: 3, timeout: '1s', workers: ['a'] })).toEqualTypeOf<Submitter>()
  expectTypeOf(client.with({ retries: 3 }).submit(inc, 1)).toEqualTypeOf<Future<number>>()
  // @ts-expect-error a misspelt option
  client.with({ retrys: 3 })
  expectTypeOf(await client.run(later, 1)).toEqualTypeOf<Record<string, string>>()
  // @ts-expect-error wrong argument
  await client.run(inc, 'x')
  expectTypeOf(client.asCompleted(fns)).toEqualTypeOf<AsCompleted<Future<number>>>()
  for await (const future of client.asCompleted([fn])) expectTypeOf(future).toEqualTypeOf<Future<number>>()
  expectTypeOf(await client.wait(fns)).toEqualTypeOf<Waited<Future<number>>>()
}

export async function graphs() {
  const graph = { a: [() => 1], b: [(x: number, y: number) => `${x + y}`, ref('a'), fn] } as const
  expectTypeOf(await client.get(graph, 'a')).toEqualTypeOf<number>()
  expectTypeOf(await client.get(graph, ['b', 'a'])).toEqualTypeOf<[string, number]>()
  const values = { n: 5, both: [ref('n'), 'x'], again: ref('n'), of: fn } as const
  expectTypeOf(await client.get(values, 'n')).toEqualTypeOf<5>()
  expectTypeOf(await client.get(values, ['both', 'again', 'of'])).toEqualTypeOf<[[unknown, 'x'], unknown, number]>()
  // @ts-expect-error not in the graph
  await client.get(graph, 'c')
  // @ts-expect-error the second argument is no number
  await client.get({ a: [inc, 'x'] }, 'a')
  // @ts-expect-error an argument is missing
  await client.get({ a: [inc] }, 'a')
  // @ts-expect-error a function alone, which is not called
  await client.get({ a: inc }, 'a')
}

export async function modules() {
  const tasks = await client.module<typeof import('./tasks.js')>('./tasks.ts')
  expectTypeOf(client.submit(tasks.load, 'file')).toEqualTypeOf<Future<Float64Array>>()
  expectTypeOf(client.map(tasks.mean, client.map(tasks.load, ['a', 'b']))).toEqualTypeOf<Future<number>[]>()
  // @ts-expect-error exported, but no function
  tasks.NAME
  // @ts-expect-error not exported
  tasks.hidden
  // @ts-expect-error wrong argument
  client.submit(tasks.load, 3)
}
