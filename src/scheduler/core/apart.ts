/** Submissions that came in one message and are each on its own: one with a fault harms no other. */
import type { Key } from '../../protocol/names.js'
import type { Submission } from './drafts.js'
import { isTired } from './jobs.js'
import { orderOf } from './ordering.js'
import type { State } from './state.js'

/** It could be taken in part. */
export function hasParts({ apart, tasks, maps = [] }: Submission): boolean {
  return apart === true && tasks.length + maps.length > 1
}

/** Each task and each map alone; what needs another comes after it. */
export function* partsOf(s: State, { tasks, maps = [], keys, ...more }: Submission): Generator<void, Submission[]> {
  const wanted = new Set(keys)
  const parts = [
    ...tasks.map((task) => ({ ...more, tasks: [task], keys: wanted.has(task.key) ? [task.key] : [] })),
    ...maps.map((map) => ({ ...more, tasks: [], maps: [map], keys: [] })),
  ]
  const found = yield* orderOf(linksOf(parts), () => isTired(s))
  return found.cycle === undefined ? found.order.map((place) => parts[place] as Submission) : parts
}

/** For each part the places of those that it needs. */
function linksOf(parts: readonly Submission[]): number[][] {
  const places = new Map<Key, number>()
  const prefixes = new Map<string, number>()
  parts.forEach(({ tasks: [task], maps: [map] = [] }, i) => {
    if (task !== undefined) places.set(task.key, i)
    if (map !== undefined) prefixes.set(map.prefix, i)
  })
  const placeOf = (key: Key) => places.get(key) ?? prefixes.get(key.slice(0, Math.max(0, key.lastIndexOf('-'))))
  return parts.map((part, i) => {
    const found = new Set(needsOf(part).map(placeOf))
    return [...found].filter((place): place is number => place !== undefined && place !== i)
  })
}

function needsOf({ tasks: [task], maps: [map] = [] }: Submission): Key[] {
  return [...(task?.deps ?? []), ...(map === undefined ? [] : [...map.shared_deps, ...[...map.deps.values()].flat()])]
}
