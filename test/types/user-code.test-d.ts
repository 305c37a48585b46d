/** What compiles and what does not, a sentence each. Checked by `tsc`; nothing here runs. */
import { expectTypeOf } from 'expect-type'
import { type Client, type Future, LocalCluster, type NDArray, type Remote, type RemoteModule, task } from 'heddle'

declare const client: Client
declare const num: Future<number>
declare const text: Future<string>
declare const flag: Future<boolean>
declare const nums: Future<number>[]

const inc = (x: number): number => x + 1

function parse(input: string): number
function parse(input: string, radix: number): bigint
function parse(input: string, radix?: number): number | bigint {
  return radix === undefined ? Number(input) : BigInt(input)
}

type UserId = string & { readonly brand: 'UserId' }
declare const userId: UserId
declare const userIdFuture: Future<UserId>

type Shape = { kind: 'circle'; r: number } | { kind: 'box'; w: number; h: number }

class Counter {
  count = 0
  static make(): Counter {
    return new Counter()
  }
  add(this: Counter, n: number): number {
    return this.count + n
  }
}

interface Deep {
  readonly name: string
  readonly rows: readonly { readonly at: Date; readonly values: readonly number[] }[]
}

export const results = {
  'what a function gives is what its future holds': () => {
    expectTypeOf(client.submit(() => 'x' as const)).toEqualTypeOf<Future<'x'>>()
  },
  'an async function gives a future of what it resolves to': () => {
    expectTypeOf(client.submit(async () => [1])).toEqualTypeOf<Future<number[]>>()
  },
  'a promise of a promise is unwrapped to its end': () => {
    expectTypeOf(client.submit(() => null as unknown as Promise<Promise<number>>)).toEqualTypeOf<Future<number>>()
  },
  'a value or a promise of it is the value': () => {
    expectTypeOf(client.submit(() => 1 as number | Promise<number>)).toEqualTypeOf<Future<number>>()
  },
  'a promise of one thing or another thing gives both': () => {
    expectTypeOf(client.submit(() => 1 as number | Promise<string>)).toEqualTypeOf<Future<number | string>>()
  },
  'a thenable is awaited as a promise is': () => {
    expectTypeOf(client.submit(() => null as unknown as PromiseLike<Date>)).toEqualTypeOf<Future<Date>>()
  },
  'a function without a result gives a future of nothing': () => {
    expectTypeOf(client.submit(async () => {})).toEqualTypeOf<Future<void>>()
  },
  'a function that only throws gives a future of never': () => {
    expectTypeOf(
      client.submit((): never => {
        throw new Error('no')
      }),
    ).toEqualTypeOf<Future<never>>()
  },
  'undefined and null stay in a union': () => {
    expectTypeOf(client.submit((x: number) => (x > 0 ? x : x < 0 ? null : undefined), 1)).toEqualTypeOf<
      Future<number | null | undefined>
    >()
  },
  'a union of objects stays one': () => {
    expectTypeOf(client.submit((): Shape => ({ kind: 'circle', r: 1 }))).toEqualTypeOf<Future<Shape>>()
  },
  'readonly results stay readonly': () => {
    expectTypeOf(client.submit(() => [1, 2] as const)).toEqualTypeOf<Future<readonly [1, 2]>>()
  },
  'a branded type keeps its brand': () => {
    expectTypeOf(client.submit(() => userId)).toEqualTypeOf<Future<UserId>>()
  },
  'any goes through as unknown things do, and is not invented': () => {
    expectTypeOf(client.submit((x: unknown) => x, 1)).toEqualTypeOf<Future<unknown>>()
  },
  'a future that a task gives is the value of that future': () => {
    expectTypeOf(client.submit(() => num)).toEqualTypeOf<Future<number>>()
  },
  'a list of futures that a task gives is a list of their values': () => {
    expectTypeOf(client.submit(async () => nums)).toEqualTypeOf<Future<number[]>>()
  },
  'result() is a promise of the value': () => {
    expectTypeOf(client.submit(inc, 1).result()).toEqualTypeOf<Promise<number>>()
  },
}

export const parameters = {
  'a value is accepted': () => {
    client.submit(inc, 1)
  },
  'a future of the value is accepted': () => {
    client.submit(inc, num)
  },
  'a future of another type is not': () => {
    // @ts-expect-error
    client.submit(inc, text)
  },
  'a promise is not: it has to be awaited first': () => {
    // @ts-expect-error
    client.submit(inc, Promise.resolve(1))
  },
  'a future of a narrower type is accepted': () => {
    client.submit((x: string | number) => x, num)
  },
  'a future of a wider type is not': () => {
    // @ts-expect-error
    client.submit(inc, null as unknown as Future<number | undefined>)
  },
  'a value or a future of it may be in one variable': () => {
    client.submit(inc, null as unknown as number | Future<number>)
  },
  'either of two futures is accepted for a union': () => {
    client.submit((x: string | number) => x, null as unknown as Future<string> | Future<number>)
  },
  'a boolean is no half of a boolean': () => {
    client.submit((x: boolean) => !x, flag)
    client.submit((x: true) => x, true)
    // @ts-expect-error
    client.submit((x: true) => x, flag)
  },
  'an optional parameter may be left out, or be a future': () => {
    const f = (x: number, by?: number) => x * (by ?? 1)
    client.submit(f, 1)
    client.submit(f, 1, num)
    client.submit(f, 1, undefined)
  },
  'an optional parameter has its type': () => {
    // @ts-expect-error
    client.submit((x: number, by?: number) => x * (by ?? 1), 1, 'x')
  },
  'a parameter with a default may be left out': () => {
    const f = (x: number, by = 2) => x * by
    client.submit(f, num)
    client.submit(f, num, 3)
  },
  'rest parameters take any number, futures among them': () => {
    client.submit((...xs: number[]) => xs.length, 1, num, 3)
    client.submit((...xs: number[]) => xs.length)
  },
  'rest parameters have their type': () => {
    // @ts-expect-error
    client.submit((...xs: number[]) => xs.length, 1, 'x')
  },
  'rest parameters after others are checked apart': () => {
    client.submit((name: string, ...xs: number[]) => name + xs.length, text, num, 2)
    // @ts-expect-error
    client.submit((name: string, ...xs: number[]) => name + xs.length, num)
  },
  'rest parameters may be a tuple': () => {
    client.submit((...[a, b]: [number, string]) => a + b, num, text)
    // @ts-expect-error
    client.submit((...[a, b]: [number, string]) => a + b, num)
  },
  'a missing argument is an error': () => {
    // @ts-expect-error
    client.submit((a: number, b: number) => a + b, 1)
  },
  'an argument too many is an error': () => {
    // @ts-expect-error
    client.submit(inc, 1, 2)
  },
  'a branded parameter wants the brand': () => {
    client.submit((id: UserId) => id, userIdFuture)
    // @ts-expect-error
    client.submit((id: UserId) => id, 'anybody')
  },
  'a function as an argument does not stop the types': () => {
    client.submit((date: Date, pattern: RegExp) => pattern.test(String(date)), new Date(), /x/)
  },
  'a parameter of unknown takes anything': () => {
    client.submit((x: unknown) => x, { deep: [num] })
  },
  'parameters are known in an arrow that has no types of its own': () => {
    expectTypeOf(client.submit((x, y) => [y, x] as const, num, text)).toEqualTypeOf<Future<readonly [string, number]>>()
  },
}

export const parts = {
  'a future may stand in a list': () => {
    client.submit((xs: number[]) => xs.length, [1, num])
  },
  'a future may stand in a readonly list': () => {
    client.submit((xs: readonly number[]) => xs.length, [num, 2] as const)
  },
  'a future may stand in a tuple, each place with its type': () => {
    client.submit(([a, b]: [number, string]) => a + b, [num, text])
    // @ts-expect-error
    client.submit(([a, b]: [number, string]) => a + b, [text, num])
  },
  'a tuple has its length': () => {
    // @ts-expect-error
    client.submit(([a, b]: [number, number]) => a + b, [num])
  },
  'a future may stand in a record': () => {
    client.submit((o: Record<string, number>) => Object.keys(o), { a: 1, b: num })
  },
  'a future may stand four levels down': () => {
    client.submit((d: Deep) => d.name, { name: text, rows: [{ at: new Date(), values: [1, num] }] })
  },
  'a whole branch may be a future': () => {
    const rows = client.submit(() => [] as Deep['rows'])
    client.submit((d: Deep) => d.name, { name: 'x', rows })
  },
  'what is wrong four levels down is found': () => {
    // @ts-expect-error
    client.submit((d: Deep) => d.name, { name: text, rows: [{ at: new Date(), values: [1, text] }] })
  },
  'a misspelt property is an error': () => {
    // @ts-expect-error
    client.submit((o: { size: number }) => o.size, { sise: num })
  },
  'a property that is optional may be left out or be a future': () => {
    const f = (o: { a: number; b?: string }) => o.a
    client.submit(f, { a: num })
    client.submit(f, { a: 1, b: text })
    // @ts-expect-error
    client.submit(f, { a: 1, b: num })
  },
  'a union of objects takes a future in each': () => {
    const f = (s: Shape) => s.kind
    client.submit(f, { kind: 'circle', r: num })
    client.submit(f, { kind: 'box', w: num, h: 2 })
    // @ts-expect-error
    client.submit(f, { kind: 'circle', w: num, h: 2 })
  },
  'values of a Map and items of a Set may be futures': () => {
    client.submit((m: ReadonlyMap<string, number[]>) => m.size, new Map([['a', [num]]]))
    client.submit((s: ReadonlySet<number>) => s.size, new Set([num]))
    // @ts-expect-error
    client.submit((s: ReadonlySet<number>) => s.size, new Set([text]))
  },
  'arrays of numbers are values, and hold no futures': () => {
    client.submit((x: Float64Array) => x.length, new Float64Array(1))
    // @ts-expect-error
    client.submit((x: Float64Array) => x.length, [num])
  },
  'an NDArray is passed as it is, or as a future': () => {
    client.submit((x: NDArray) => x.shape, null as unknown as NDArray)
    client.submit((x: NDArray) => x.shape, null as unknown as Future<NDArray>)
  },
}

export const functions = {
  'the last overload counts, as everywhere in TypeScript': () => {
    expectTypeOf(client.submit(parse, '1', 10)).toEqualTypeOf<Future<bigint>>()
  },
  'an earlier overload is had by an arrow around it': () => {
    expectTypeOf(client.submit((x: string) => parse(x), text)).toEqualTypeOf<Future<number>>()
  },
  'a generic function is inferred from its argument': () => {
    expectTypeOf(client.submit(<T>(xs: T[]): T | undefined => xs.at(0), [num])).toEqualTypeOf<
      Future<number | undefined>
    >()
  },
  'a generic function with a bound keeps to it': () => {
    const longest = <T extends { length: number }>(a: T, b: T): T => (a.length > b.length ? a : b)
    expectTypeOf(client.submit(longest, 'a', text)).toEqualTypeOf<Future<string>>()
    // @ts-expect-error
    client.submit(longest, 1, 2)
  },
  'a class is made, not called, and so is refused': () => {
    // @ts-expect-error
    client.submit(Counter)
  },
  'a static method travels': () => {
    expectTypeOf(client.submit(Counter.make)).toEqualTypeOf<Future<Counter>>()
  },
  'a method that says what its this is does not travel without it': () => {
    // @ts-expect-error
    client.submit(new Counter().add, 1)
  },
  'a function that uses this finds none': () => {
    client.submit(function () {
      // @ts-expect-error
      return this.count as unknown
    })
  },
  'what is no function is refused': () => {
    // @ts-expect-error
    client.submit('inc', 1)
    // @ts-expect-error
    client.submit({ run: inc }, 1)
  },
  'task gives the function itself, with its types': () => {
    expectTypeOf(task(import.meta, inc)).toEqualTypeOf<typeof inc>()
    expectTypeOf(client.submit(task('file', inc), num)).toEqualTypeOf<Future<number>>()
    // @ts-expect-error
    client.submit(task(import.meta, inc), text)
  },
  'task wants a function': () => {
    // @ts-expect-error
    task(import.meta, 3)
  },
}

interface Tasks {
  load: (file: string) => Promise<Float64Array>
  pick: <T>(xs: readonly T[], i: number) => T
  parse: typeof parse
  VERSION: string
  Model: typeof Counter
}

declare const tasks: RemoteModule<Tasks>

export const modules = {
  'a remote function is submitted like the one it stands for': () => {
    expectTypeOf(client.submit(tasks.load, text)).toEqualTypeOf<Future<Float64Array>>()
  },
  'a remote function has the parameters of the one it stands for': () => {
    // @ts-expect-error
    client.submit(tasks.load, num)
  },
  'a generic remote function stays generic': () => {
    expectTypeOf(client.submit(tasks.pick, [num], 0)).toEqualTypeOf<Future<number>>()
  },
  'Remote names the type of a remote function': () => {
    expectTypeOf(tasks.load).toEqualTypeOf<Remote<Tasks['load']>>()
  },
  'an overloaded remote function stays overloaded': () => {
    expectTypeOf(client.submit(tasks.parse, text, 10)).toEqualTypeOf<Future<bigint>>()
    expectTypeOf(client.submit((x: string) => parse(x), text)).toEqualTypeOf<Future<number>>()
  },
  'only functions of a module are there': () => {
    // @ts-expect-error
    tasks.VERSION
    // @ts-expect-error
    tasks.Model
  },
}

export const maps = {
  'map walks through several lists together': () => {
    const f = (a: number, b: string, c: boolean) => `${a}${b}${c}`
    expectTypeOf(client.map(f, [1, num], new Set(['a']), [true].values())).toEqualTypeOf<Future<string>[]>()
  },
  'each list has the type of its parameter': () => {
    // @ts-expect-error
    client.map((a: number, b: string) => a + b, [1], [2])
  },
  'a list of futures of another map is walked through': () => {
    expectTypeOf(client.map(inc, client.map(inc, [1]))).toEqualTypeOf<Future<number>[]>()
  },
  'a single value and a single future are shared': () => {
    client.map((a: number, b: number, c: string) => a + b + c, [1], 2, text)
  },
  'one list among the arguments is enough': () => {
    client.map((a: number, b: number) => a + b, num, nums)
  },
  'a missing list is an error': () => {
    // @ts-expect-error
    client.map((a: number, b: number) => a + b, [1])
  },
  'a list of lists gives a list to each call': () => {
    expectTypeOf(client.map((xs: number[]) => xs.length, [[1, num], [2]])).toEqualTypeOf<Future<number>[]>()
  },
  'a generic function is inferred from the items': () => {
    expectTypeOf(client.map(<T>(x: T) => ({ x }), ['a'])).toEqualTypeOf<Future<{ x: string }>[]>()
  },
  'an async function gives a list of its results': () => {
    expectTypeOf(client.map(async (x: number) => String(x), nums)).toEqualTypeOf<Future<string>[]>()
  },
}

export const gathered = {
  'a tuple stays a tuple': async () => {
    expectTypeOf(await client.gather([num, text, flag])).toEqualTypeOf<[number, string, boolean]>()
  },
  'a list of futures is a list of values': async () => {
    expectTypeOf(await client.gather(nums)).toEqualTypeOf<number[]>()
  },
  'a record of futures is a record of values': async () => {
    expectTypeOf(await client.gather({ a: num, b: { c: text } })).toEqualTypeOf<{ a: number; b: { c: string } }>()
  },
  'futures in a Map or Set are found': async () => {
    expectTypeOf(await client.gather(new Map([['a', nums]]))).toEqualTypeOf<Map<string, number[]>>()
    expectTypeOf(await client.gather(new Set([text]))).toEqualTypeOf<Set<string>>()
  },
  'what is no future stays what it is': async () => {
    expectTypeOf(await client.gather({ at: new Date(), n: num })).toEqualTypeOf<{ at: Date; n: number }>()
  },
  'errors that are skipped may be missing values': async () => {
    expectTypeOf(await client.gather(nums, { errors: 'skip' })).toEqualTypeOf<(number | undefined)[]>()
  },
  'a future of a union is the union': async () => {
    expectTypeOf(await client.gather(null as unknown as Future<Shape>)).toEqualTypeOf<Shape>()
  },
}

export const futures = {
  'a future cannot be awaited by mistake': async () => {
    expectTypeOf(await num).toEqualTypeOf<Future<number>>()
    // @ts-expect-error
    num.then((x: number) => x)
  },
  'a future of a narrower type is one of the wider': () => {
    expectTypeOf<Future<'a'>>().toExtend<Future<string>>()
    expectTypeOf<Future<string>>().not.toExtend<Future<'a'>>()
  },
  'a future is no value': () => {
    // @ts-expect-error
    inc(num)
  },
  'options are checked by name and by type': () => {
    client.with({ env: { A: '1' }, isolation: 'process', logs: true, retries: 2 })
    // @ts-expect-error
    client.with({ isolation: 'thraed' })
    // @ts-expect-error
    client.with({ env: { A: 1 } })
    // @ts-expect-error
    LocalCluster.start({ worker: 2 })
  },
}
