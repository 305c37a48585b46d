import { GraphError, OptionError } from '../errors.js'
import type { TaskSpec } from '../protocol/messages.js'
import type { Key } from '../protocol/names.js'
import { encodeWithRefs } from '../values/encode.js'
import { callSite } from './call-site.js'
import type { Future } from './future.js'
import { stateAt } from './holds.js'
import { freshKey, freshRecipe } from './keys.js'
import type { Chosen } from './options.js'
import { type Ref, withNames } from './ref.js'
import type { Session } from './session.js'
import type { AnyFunction, Leaf, Result } from './task-types.js'
import { valuesOf } from './value-of.js'

/** One call of a graph: a function and its arguments, in which `ref('name')` and futures may stand at any depth. */
export type Entry = readonly [fn: AnyFunction, ...args: readonly unknown[]]

/** Calls by name, which may refer to each other in any order. */
export type Graph = Readonly<Record<string, Entry>>

/** `G`, with arguments that fit the functions. What a `ref` stands for is not checked. */
export type CheckedGraph<G> = { readonly [Name in keyof G]: CheckedEntry<G[Name]> }

type CheckedEntry<E> = E extends readonly [(...args: infer P) => infer R, ...unknown[]]
  ? readonly [fn: (...args: P) => R, ...args: WithRefsEach<P>]
  : Entry

type WithRefsEach<P extends readonly unknown[]> = { [K in keyof P]: P[K] | Future<P[K]> | Ref | WithRefs<P[K]> }

type WithRefs<T> = T extends Leaf ? T : { [K in keyof T]: T[K] | Future<T[K]> | Ref | WithRefs<T[K]> }

/** What the entry of that name gives. */
export type EntryResult<E> = E extends readonly [(...args: never[]) => infer R, ...unknown[]] ? Result<R> : unknown

/** The results of the named entries: of one name the value, of a list of names a list. */
export type Results<G, Names> = Names extends readonly unknown[]
  ? { -readonly [I in keyof Names]: Names[I] extends keyof G ? EntryResult<G[Names[I]]> : never }
  : Names extends keyof G
    ? EntryResult<G[Names]>
    : never

/**
 * Submits a graph as a whole and waits for the named results; the others are let go as soon as nothing needs them.
 * @throws GraphError for an entry that is none, a name that is not in it, or a circle; what a task threw; and what
 * `submit` throws.
 */
export async function getGraph(
  session: Session,
  chosen: Chosen,
  graph: Graph,
  wanted: readonly string[],
  below: AnyFunction,
): Promise<unknown[]> {
  session.assertOpen()
  if (chosen.key !== undefined || chosen.pure)
    throw new OptionError('key', 'the tasks of a graph have names of their own')
  const names = new Map(Object.keys(graph).map((name) => [name, freshKey(name)]))
  const keys = wanted.map((name) => keyOf(names, name))
  const calls = Object.entries(graph).map(([name, entry]) => callOf(session, chosen, name, entry, names))
  const places = keys.map((key) => session.wants.acquire(key))
  const site = callSite(below)
  for (const place of places) stateAt(place).site = site
  session.outbox.graph(
    calls.map(({ task }) => task),
    keys,
    chosen.wire,
    calls.map(({ shipped }) => shipped),
  )
  try {
    return await valuesOf(session, places.map(stateAt), {})
  } finally {
    for (const { of, index } of places) session.wants.release(of, index)
  }
}

function keyOf(names: ReadonlyMap<string, Key>, name: string): Key {
  const key = names.get(name)
  if (key === undefined)
    throw new GraphError(`'${name}' is not in the graph; there are ${[...names.keys()].join(', ')}`)
  return key
}

function callOf(session: Session, chosen: Chosen, name: string, entry: unknown, names: ReadonlyMap<string, Key>) {
  if (!Array.isArray(entry) || typeof entry[0] !== 'function') {
    throw new GraphError(`'${name}' must be a list of a function and its arguments`)
  }
  const [fn, ...args] = entry as [AnyFunction, ...unknown[]]
  const shipped = session.environment.ship(fn, chosen)
  const { ref: code, name: called } = shipped
  const { encoded, refs } = withNames(names, () => encodeWithRefs(args, { argumentsOf: called }))
  const key = names.get(name) as Key
  const task: TaskSpec = { key, function: code, args: encoded, deps: [...refs], recipe: freshRecipe() }
  return { task, shipped }
}
