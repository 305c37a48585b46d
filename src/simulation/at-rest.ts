/** When nothing goes on any more, all sides must agree, and nothing that is wanted may be left undone. */
import { planOf, resultOf } from './work.js'
import type { World } from './world.js'

/** What is wrong, or undefined. */
export function disagreement(world: World): string | undefined {
  return pendingReason(world) ?? beliefReason(world) ?? holdersReason(world) ?? busyReason(world)
}

/** Futures that nobody has answered. */
export function pendingFutures(world: World): string[] {
  return [...world.clients.values()].flatMap(({ client }) =>
    [...client.futures].flatMap(([key, belief]) =>
      belief === 'pending' ? [`${key} of ${client.id} (${world.core.state(key) ?? 'unknown'})`] : [],
    ),
  )
}

function pendingReason(world: World): string | undefined {
  const pending = pendingFutures(world)
  return pending.length === 0 ? undefined : `still pending after healing: ${pending.slice(0, 5).join(', ')}`
}

function beliefReason(world: World): string | undefined {
  for (const { client } of world.clients.values())
    for (const [key, belief] of client.futures)
      if (world.core.state(key) !== belief)
        return `${client.id} believes that ${key} is ${belief}, it is ${world.core.state(key)}`
  return undefined
}

/** Who has what: the scheduler's tables, each other's transposes, and the stores. */
function holdersReason(world: World): string | undefined {
  const hasWhat = world.core.hasWhat()
  for (const [key, holders] of world.core.whoHas())
    for (const holder of holders) {
      if (!hasWhat.get(holder)?.includes(key)) return `${key} is at ${holder}, which is not said to have it`
      if (!world.workerAt(holder)?.store.has(key)) return `${holder} is said to have ${key} and has it not`
    }
  for (const worker of world.liveWorkers())
    for (const key of worker.store.keys())
      if (!hasWhat.get(worker.address)?.includes(key)) return `${worker.address} has ${key}, of which nobody knows`
  return valuesReason(world)
}

/** All copies of a key are one value. */
function valuesReason(world: World): string | undefined {
  const seen = new Map<string, string>()
  for (const worker of world.liveWorkers())
    for (const [key, value] of worker.store) {
      if ((seen.get(key) ?? value) !== value) return `${key} has two values: ${seen.get(key)} and ${value}`
      seen.set(key, value)
    }
  for (const [key, value] of seen) {
    const recipe = world.core.recipe(key)
    if (recipe === undefined) continue
    const plan = planOf(recipe.args)
    const inputs = plan.deps.map((dep) => seen.get(dep))
    if (inputs.every((i) => i !== undefined) && resultOf(plan, inputs as string[]) !== value)
      return `${key} is what other work gave, or of other inputs than those here`
  }
  return undefined
}

function busyReason(world: World): string | undefined {
  for (const worker of world.liveWorkers()) {
    if (worker.executor.size > 0) return `${worker.address} still runs something`
    for (const [key, state] of worker.core.keys())
      if (state !== 'memory') return `${worker.address} still has ${key} as ${state}`
  }
  for (const [address, view] of world.core.workers())
    if (view.processing + view.busy > 0) return `${address} is believed to run ${view.processing + view.busy} tasks`
  return undefined
}
