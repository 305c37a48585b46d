/** What the tasks of one function in one submission have in common. */
import type { TaskOptions } from '../../protocol/messages.js'
import type { FunctionRef } from '../../protocol/names.js'
import { isRestricted } from './restrictions.js'
import type { State } from './state.js'
import { Prefix, type TaskGroup } from './task.js'

export function makeGroup(s: State, ref: FunctionRef, options: TaskOptions): TaskGroup {
  return {
    prefix: prefixOf(s, ref),
    function: ref,
    options,
    urgency: 0 - (options.priority ?? 0),
    generation: currentGeneration(s),
    restricted: isRestricted(options),
    size: 0,
    inputs: 0,
  }
}

function prefixOf(s: State, ref: FunctionRef): Prefix {
  const known = s.prefixes.get(ref)
  if (known !== undefined) return known
  const prefix = new Prefix(ref, hashOf(ref))
  s.prefixes.set(ref, prefix)
  return prefix
}

/** The code that a function is of. */
export function hashOf(ref: FunctionRef): string {
  return ref.slice(0, ref.indexOf('#'))
}

/** What is submitted close together shares one: first come, first served, but not to the millisecond. */
function currentGeneration(s: State): number {
  if (s.now - s.generationAt > s.settings.fifoWindowMs) {
    s.generation++
    s.generationAt = s.now
  }
  return s.generation
}
