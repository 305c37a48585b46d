/** Submissions that came in one message and are each on its own: one with a fault harms no other. */
import type { MapSpec } from '../../protocol/messages.js'
import type { Key } from '../../protocol/names.js'
import { isTired } from './jobs.js'
import { orderOf } from './ordering.js'
import type { State } from './state.js'
import type { Submission } from './submission.js'

/** It could be taken in part. */
export function hasParts({ apart, tasks, maps = [] }: Submission): boolean {
  return apart === true && tasks.length + wholeMaps(maps).length > 1
}

/** Each task and each map alone; what needs another comes after it. */
export function* partsOf(s: State, { tasks, maps = [], keys, ...more }: Submission): Generator<void, Submission[]> {
  const wanted = new Set(keys)
  const parts = [
    ...tasks.map((task) => ({ ...more, tasks: [task], keys: wanted.has(task.key) ? [task.key] : [] })),
    ...wholeMaps(maps).map((whole) => ({ ...more, tasks: [], maps: whole, keys: [] })),
  ]
  const found = yield* orderOf(linksOf(parts), () => isTired(s))
  return found.cycle === undefined ? found.order.map((place) => parts[place] as Submission) : parts
}

/** Each map with all that it came in. */
function wholeMaps(maps: readonly MapSpec[]): MapSpec[][] {
  const whole: MapSpec[][] = []
  for (const map of maps) {
    const last = whole.at(-1)
    if (map.start && last?.[0]?.prefix === map.prefix) last.push(map)
    else whole.push([map])
  }
  return whole
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

function needsOf({ tasks: [task], maps = [] }: Submission): Key[] {
  return [
    ...(task?.deps ?? []),
    ...maps.flatMap(({ shared_deps, deps }) => [...shared_deps, ...[...deps.values()].flat()]),
  ]
}
