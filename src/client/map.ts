import type { Shipped } from '../code/identity.js'
import { KeyConflictError } from '../errors.js'
import type { MapSpec } from '../protocol/messages.js'
import { Batch } from './batch.js'
import { type CallSite, callSite } from './call-site.js'
import { type Column, columnsOf, rowOf, sharedColumn } from './columns.js'
import type { Placed } from './environment.js'
import { Future } from './future.js'
import { freshKey, freshRecipe } from './keys.js'
import { MapBuilder, recipeOfMap } from './map-builder.js'
import type { Chosen } from './options.js'
import { same } from './same.js'
import type { Session } from './session.js'
import { submitCall } from './submit.js'
import type { AnyFunction } from './task-types.js'

/** Larger values are not repeated for each call. */
const SHARED_BYTES = 16 * 1024

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
  const shipped = session.environment.ship(fn, chosen)
  const { length, columns: given } = columnsOf(session.large.replace(args, shipped.name), shipped.name)
  const columns = length > 1 ? shareOnce(session, given, shipped.name) : given
  const parts = buildAll(shipped, columns, length)
  const names = namesOf(shipped, chosen, parts)
  const call = { site: callSite(below, shipped.artefact), keeps: columns.filter((column) => 'shared' in column) }
  return parts.flatMap((spec, i) => submitMap(session, { ...spec, ...names(spec, i) }, chosen, shipped, call))
}

/** A shared value of some size becomes a task of its own, so that it does not travel with each call. */
function shareOnce(session: Session, columns: readonly Column[], name: string): Column[] {
  return columns.map((column, i) => {
    if ('list' in column || column.size < SHARED_BYTES || (session.isDask && column.refs.length > 0)) return column
    return sharedColumn(onceOf(session, column.shared), i, name)
  })
}

/** Pure, so that equal maps stay equal; Dask's workers cannot run it, and get the value itself. */
function onceOf(session: Session, value: unknown): Future<unknown> {
  if (session.isDask) return session.large.once(value)
  return submitCall(session, { pure: true, wire: undefined }, same, [value], same)
}

type Unnamed = Omit<MapSpec, 'prefix' | 'recipe'>

function buildAll(shipped: Shipped, columns: readonly Column[], length: number): Unnamed[] {
  const sharedDeps = [...new Set(columns.flatMap((column) => ('shared' in column ? column.refs : [])))]
  const specs: Unnamed[] = []
  let builder = new MapBuilder(shipped, sharedDeps)
  for (let i = 0; i < length; i++) {
    if (builder.isFull) {
      specs.push(builder.finish())
      builder = new MapBuilder(shipped, sharedDeps)
    }
    builder.add(rowOf(columns, i))
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
  shipped: Placed,
  { site, keeps }: { site: CallSite | undefined; keeps: unknown },
): Future<unknown>[] {
  const known = session.wants.batchOf(spec.prefix)
  if (known && known.recipe !== spec.recipe) {
    throw new KeyConflictError(
      spec.prefix,
      `'${spec.prefix}' is the name of another map of this client. Choose another key, or release its futures first.`,
    )
  }
  const batch = known ?? new Batch(spec.prefix, spec.length, spec.recipe, site)
  batch.keeps = keeps
  if (!known) session.wants.addBatch(batch)
  if (!known || known.held < known.length) session.outbox.map(spec, wire, shipped)
  if (known) for (let i = 0; i < known.length; i++) session.wants.acquireItem(known, i)
  const hold = session.wants.holdAll(batch)
  return Array.from({ length: spec.length }, (_, i) => new Future(session, hold, i))
}
