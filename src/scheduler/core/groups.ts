/** What the tasks of one function in one submission have in common. */
import type { TaskOptions } from '../../protocol/messages.js'
import type { FunctionRef } from '../../protocol/names.js'
import { codeOf } from '../../util/function-ref.js'
import type { ClientRecord } from './client-record.js'
import { restrictionOf } from './restrictions.js'
import type { State } from './state.js'
import { Prefix, type TaskGroup } from './task.js'

export function makeGroup(s: State, owner: ClientRecord, ref: FunctionRef, options: TaskOptions): TaskGroup {
  return {
    owner,
    prefix: prefixOf(s, ref),
    function: ref,
    options,
    urgency: 0 - (options.priority ?? 0),
    generation: currentGeneration(s),
    restriction: restrictionOf(options),
    size: 0,
    inputs: 0,
  }
}

function prefixOf(s: State, ref: FunctionRef): Prefix {
  const known = s.prefixes.get(ref)
  if (known !== undefined) return known
  const prefix = new Prefix(ref, hashesOf(ref))
  s.prefixes.set(ref, prefix)
  return prefix
}

/** What a function is made of: its artefact, and its environment if it has one. */
export function hashesOf(ref: FunctionRef): readonly string[] {
  return codeOf(ref).split('.')
}

/** What is submitted close together shares one: first come, first served, but not to the millisecond. */
function currentGeneration(s: State): number {
  if (s.now - s.generationAt > s.settings.fifoWindowMs) {
    s.generation++
    s.generationAt = s.now
  }
  return s.generation
}
