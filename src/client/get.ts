import { GraphError, OptionError } from '../errors.js'
import type { TaskSpec } from '../protocol/messages.js'
import type { Key } from '../protocol/names.js'
import { encodeWithRefs } from '../values/encode.js'
import { callSite } from './call-site.js'
import { circleIn } from './circle.js'
import type { Future } from './future.js'
import { stateAt } from './holds.js'
import { freshKey, freshRecipe } from './keys.js'
import type { Chosen } from './options.js'
import { type Ref, withNames } from './ref.js'
import { same } from './same.js'
import type { Session } from './session.js'
import type { AnyFunction, Leaf, Result } from './task-types.js'
import { valuesOf } from './value-of.js'

/** How many names an error lists. */
const NAMES_SHOWN = 10

/** One call of a graph: a function and its arguments, in which `ref('name')` and futures may stand at any depth. */
export type GraphCall = readonly [fn: AnyFunction, ...args: readonly unknown[]]

/**
 * Entries by name, which may refer to each other in any order: calls; everything else is a value as it stands, also
 * `ref('name')`, or a list or record with such references in it.
 */
export type Graph = Readonly<Record<string, unknown>>

/** `G`, with arguments that fit the functions. What a `ref` stands for is not checked. */
export type CheckedGraph<G> = { readonly [Name in keyof G]: CheckedEntry<G[Name]> }

type CheckedEntry<E> = E extends readonly [(...args: infer P) => infer R, ...unknown[]]
  ? readonly [fn: (...args: P) => R, ...args: WithRefsEach<P>]
  : E extends AnyFunction
    ? GraphCall
    : E

type WithRefsEach<P extends readonly unknown[]> = { [K in keyof P]: P[K] | Future<P[K]> | Ref | WithRefs<P[K]> }

type WithRefs<T> = T extends Leaf ? T : { [K in keyof T]: T[K] | Future<T[K]> | Ref | WithRefs<T[K]> }

/** What the entry of that name gives. */
export type EntryResult<E> = E extends readonly [(...args: never[]) => infer R, ...unknown[]] ? Result<R> : ValueOf<E>

type ValueOf<T> =
  T extends Future<infer V>
    ? V
    : T extends Ref
      ? unknown
      : T extends Leaf
        ? T
        : { -readonly [K in keyof T]: ValueOf<T[K]> }

/** The results of the named entries: of one name the value, of a list of names a list. */
export type Results<G, Names> = Names extends readonly unknown[]
  ? { -readonly [I in keyof Names]: Names[I] extends keyof G ? EntryResult<G[Names[I]]> : never }
  : Names extends keyof G
    ? EntryResult<G[Names]>
    : never

/**
 * Submits a graph as a whole and waits for the named results; the others are let go as soon as nothing needs them.
 * @throws GraphError for a name that is not in it, or a circle; OptionError; what a task threw; and what `submit` throws.
 */
export async function getGraph(
  session: Session,
  chosen: Chosen,
  graph: Graph,
  wanted: readonly string[],
  below: AnyFunction,
): Promise<unknown[]> {
  session.assertOpen()
  check(chosen, graph, wanted)
  const names = new Map(Object.keys(graph).map((name) => [name, freshKey(name)]))
  const keys = wanted.map((name) => keyOf(names, name))
  const calls = Object.entries(graph).map(([name, entry]) => callOf(session, chosen, name, entry, names))
  refuseCircles(names, calls)
  const places = keys.map((key) => session.wants.acquire(key))
  const site = callSite(below)
  for (const place of places) stateAt(place).site = site
  session.outbox.graph(
    calls.map(({ task }) => task),
    [...new Set(keys)],
    chosen.wire,
    calls.map(({ shipped }) => shipped),
  )
  try {
    return await valuesOf(session, places.map(stateAt), {})
  } finally {
    for (const { of, index } of places) session.wants.release(of, index)
  }
}

function check(chosen: Chosen, graph: unknown, wanted: readonly unknown[]): void {
  if (chosen.key !== undefined || chosen.pure)
    throw new OptionError('key', 'the tasks of a graph have names of their own')
  if (typeof graph !== 'object' || graph === null || Array.isArray(graph))
    throw new OptionError('graph', 'must be a record of entries by name, as in { a: [fn, 1] }')
  if (!Array.isArray(wanted) || !wanted.every((name) => typeof name === 'string'))
    throw new OptionError('names', 'must be the name of an entry, or a list of them')
}

function keyOf(names: ReadonlyMap<string, Key>, name: string, from?: string): Key {
  const key = names.get(name)
  if (key !== undefined) return key
  const where = from === undefined ? `'${name}' is` : `'${from}' refers to '${name}', which is`
  throw new GraphError(`${where} not in the graph; there ${listOf(names)}`)
}

function listOf(names: ReadonlyMap<string, Key>): string {
  const some = [...names.keys()].slice(0, NAMES_SHOWN)
  if (some.length === 0) return 'is nothing in it'
  return `are ${some.join(', ')}${names.size > some.length ? `, and ${names.size - some.length} more` : ''}`
}

function callOf(session: Session, chosen: Chosen, name: string, entry: unknown, names: ReadonlyMap<string, Key>) {
  if (typeof entry === 'function')
    throw new GraphError(`'${name}' is a function alone. Its call is a list: [fn, ...arguments]`)
  const [fn, ...args] = isCall(entry) ? entry : ([same, entry] as const)
  const shipped = session.environment.ship(fn as AnyFunction, chosen)
  const called = isCall(entry) ? shipped.name : name
  const meaning = (other: string) => keyOf(names, other, name)
  const { encoded, refs } = withNames(meaning, () => encodeWithRefs(args, { argumentsOf: called }))
  const key = names.get(name) as Key
  const task: TaskSpec = { key, function: shipped.ref, args: encoded, deps: [...refs], recipe: freshRecipe() }
  return { task, shipped }
}

function isCall(entry: unknown): entry is GraphCall {
  return Array.isArray(entry) && typeof entry[0] === 'function'
}

function refuseCircles(names: ReadonlyMap<string, Key>, calls: readonly { readonly task: TaskSpec }[]): void {
  const nameOf = new Map(Array.from(names, ([name, key]) => [key, name]))
  const inputs = calls.map(({ task }): [string, string[]] => [
    nameOf.get(task.key) as string,
    task.deps.flatMap((key) => nameOf.get(key) ?? []),
  ])
  const circle = circleIn(new Map(inputs))
  if (circle !== undefined) throw new GraphError(`these entries need each other: ${circle.join(' → ')}`)
}
