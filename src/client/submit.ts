import type { Shipped } from '../code/identity.js'
import { KeyConflictError } from '../errors.js'
import type { Key } from '../protocol/names.js'
import { encodeWithRefs } from '../values/encode.js'
import type { Encoded } from '../values/encoded.js'
import { hashOf } from '../values/hash.js'
import { callSite } from './call-site.js'
import { Future } from './future.js'
import { type Place, stateAt } from './holds.js'
import { freshKey, freshRecipe } from './keys.js'
import type { Chosen } from './options.js'
import { recipeOf } from './recipe.js'
import type { Session } from './session.js'
import type { AnyFunction } from './task-types.js'

/**
 * Submits one call; nothing has left when this returns.
 * @throws CaptureError, LoadError, CloneError, SchedulerLostError, ClosedError, KeyConflictError.
 */
export function submitCall(
  session: Session,
  chosen: Chosen,
  fn: AnyFunction,
  args: readonly unknown[],
  below: AnyFunction,
): Future<unknown> {
  session.assertOpen()
  const { key, pure, wire } = chosen
  const shipped = session.environment.ship(fn, chosen)
  const given = session.large.replace(args, shipped.name)
  const { encoded, refs } = encodeWithRefs(given, { argumentsOf: shipped.name })
  const named = nameOf(shipped, encoded, key, pure ?? shipped.pure)
  const place = session.wants.acquire(named.key)
  if (named.shared && isKnown(session, place, named)) return new Future(session, session.wants.holdOne(place))
  const state = stateAt(place)
  state.site = callSite(below, shipped.artefact)
  if (given !== args) state.keeps = given
  const task = { key: named.key, function: shipped.ref, args: encoded, deps: refs as Key[], recipe: named.recipe }
  session.outbox.task(task, wire, shipped)
  return new Future(session, session.wants.holdOne(place))
}

interface Named {
  readonly key: Key
  readonly recipe: string
  /** Another call may have the same key. */
  readonly shared: boolean
}

function nameOf({ name, ref }: Shipped, args: Encoded, key: Key | undefined, pure: boolean): Named {
  if (key === undefined && !pure) return { key: freshKey(name), recipe: freshRecipe(), shared: false }
  const recipe = recipeOf(ref, hashOf(args))
  return { key: key ?? `${name}-${recipe}`, recipe, shared: true }
}

/** Whether this client has made the call already. @throws KeyConflictError if it has made another of that name. */
function isKnown(session: Session, place: Place, { key, recipe }: Named): boolean {
  const state = stateAt(place)
  if (state.recipe === recipe) return true
  if (state.recipe === undefined) {
    state.recipe = recipe
    return false
  }
  session.wants.release(place.of, place.index)
  throw new KeyConflictError(
    key,
    `'${key}' is the name of another call of this client. Choose another key, or release that call's futures first.`,
  )
}
