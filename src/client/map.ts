import { type Shipped, ship } from '../code/identity.js'
import { KeyConflictError, OptionError } from '../errors.js'
import type { MapSpec } from '../protocol/messages.js'
import type { Key } from '../protocol/names.js'
import { encodeWithRefs } from '../values/encode.js'
import { Batch } from './batch.js'
import { type CallSite, callSite } from './call-site.js'
import { Future } from './future.js'
import { freshKey, freshRecipe } from './keys.js'
import { MapBuilder, recipeOfMap } from './map-builder.js'
import type { Chosen } from './options.js'
import type { Session } from './session.js'
import type { AnyFunction } from './task-types.js'

/** The columns of a `map`: lists, walked through together, and values that all calls share. */
interface Columns {
  readonly length: number
  readonly row: (index: number) => unknown[]
  readonly shared: readonly unknown[]
}

/**
 * Submits one call for each item of the lists; nothing has left when this returns.
 * @throws OptionError for lists of different lengths, or none; CaptureError, LoadError, CloneError, KeyConflictError,
 * SchedulerLostError, ClosedError.
 */
export function mapCalls(
  session: Session,
  chosen: Chosen,
  fn: AnyFunction,
  args: readonly unknown[],
  below: AnyFunction,
): Future<unknown>[] {
  session.assertOpen()
  const shipped = ship(fn)
  const columns = columnsOf(args, shipped.name)
  const sharedDeps = encodeWithRefs(columns.shared, { argumentsOf: shipped.name }).refs
  const builders = buildAll(shipped, sharedDeps, columns)
  const names = namesOf(shipped, chosen, builders)
  const site = callSite(below)
  return builders.flatMap((spec, i) => submitMap(session, { ...spec, ...names(spec, i) }, chosen, shipped, site))
}

type Unnamed = Omit<MapSpec, 'prefix' | 'recipe'>

function buildAll(shipped: Shipped, sharedDeps: readonly Key[], { length, row }: Columns): Unnamed[] {
  const specs: Unnamed[] = []
  let builder = new MapBuilder(shipped, sharedDeps)
  for (let i = 0; i < length; i++) {
    if (builder.isFull) {
      specs.push(builder.finish())
      builder = new MapBuilder(shipped, sharedDeps)
    }
    builder.add(row(i))
  }
  return builder.length > 0 ? [...specs, builder.finish()] : specs
}

/** How each part of a map is called: a map is one part unless it is very large. */
function namesOf(
  { name, pure }: Shipped,
  chosen: Chosen,
  parts: readonly Unnamed[],
): (spec: Unnamed, part: number) => { prefix: string; recipe: string } {
  const { key } = chosen
  if (chosen.pure ?? (pure && key === undefined)) {
    return (spec) => {
      const recipe = recipeOfMap(spec)
      return { prefix: `${name}-${recipe}`, recipe }
    }
  }
  if (key === undefined) return () => ({ prefix: freshKey(name), recipe: freshRecipe() })
  const partOf = (part: number) => (parts.length === 1 ? key : `${key}-${part}`)
  return (spec, part) => ({ prefix: partOf(part), recipe: recipeOfMap(spec) })
}

function submitMap(
  session: Session,
  spec: MapSpec,
  { wire }: Chosen,
  { artefact }: Shipped,
  site: CallSite | undefined,
): Future<unknown>[] {
  const known = session.wants.batchOf(spec.prefix)
  if (known && known.recipe !== spec.recipe) {
    throw new KeyConflictError(
      spec.prefix,
      `'${spec.prefix}' is the name of another map of this client. Choose another key, or release its futures first.`,
    )
  }
  const batch = known ?? new Batch(spec.prefix, spec.length, spec.recipe, site)
  if (!known) session.wants.addBatch(batch)
  if (!known || known.held < known.length) session.outbox.map(spec, wire, artefact)
  if (known) for (let i = 0; i < known.length; i++) session.wants.acquireItem(known, i)
  const hold = session.wants.holdAll(batch)
  return Array.from({ length: spec.length }, (_, i) => new Future(session, hold, i))
}

function columnsOf(args: readonly unknown[], name: string): Columns {
  const walked = args.map(isList)
  const columns = args.map((arg, i) => (walked[i] ? [...(arg as Iterable<unknown>)] : arg))
  const [first, ...others] = columns.filter((_, i) => walked[i]) as unknown[][]
  if (!first) {
    throw new OptionError(`map(${name})`, 'needs a list to walk through: an array, a Set or an iterator')
  }
  const unequal = others.find((list) => list.length !== first.length)
  if (unequal) {
    throw new OptionError(`map(${name})`, `its lists have ${first.length} and ${unequal.length} items; they must match`)
  }
  const row = (i: number) => columns.map((column, at) => (walked[at] ? (column as unknown[])[i] : column))
  return { length: first.length, row, shared: columns.filter((_, i) => !walked[i]) }
}

/** Arrays, Sets and iterators. Text, typed arrays, Maps and futures are single values. */
function isList(arg: unknown): boolean {
  if (Array.isArray(arg) || arg instanceof Set) return true
  if (typeof arg !== 'object' || arg === null || !(Symbol.iterator in arg)) return false
  return 'next' in arg && typeof arg.next === 'function'
}
