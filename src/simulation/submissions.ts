/** What simulated clients submit: graphs of several shapes, large maps, or what the user of a simulation gave. */
import type { TaskOptions } from '../protocol/messages.js'
import type { Deed } from './deeds.js'
import type { Dice } from './dice.js'
import type { SimulatedTask } from './options.js'
import type { Plan } from './work.js'
import type { World } from './world.js'

const CALM = { failures: 0, secedes: false, reschedules: false }

/** A graph of some shape, all or only the last of it wanted, with any options. */
export function submit({ world, client, dice, number, withoutTasks }: Deed): void {
  const known = [...client.futures.keys()]
  const effect = dice.oneIn(10)
  const drawn: Plan[] = []
  const n = dice.between(1, dice.oneIn(5) ? 40 : 8)
  const shape = dice.between(0, 3)
  for (let i = 0; i < n; i++) {
    const own = drawn.map((p) => p.key)
    drawn.push({ key: `t${number}.${i}`, deps: depsOf(dice, shape, own, known), ...manners(dice), effect })
  }
  const plans = without(drawn, withoutTasks)
  const keys = dice.oneIn(3) ? plans.slice(-1).map((p) => p.key) : plans.map((p) => p.key)
  const options = drawOptions(world, dice, effect)
  if (plans.length === 0) return
  for (const plan of plans) world.plans.set(plan.key, plan)
  client.submit(plans, keys, options)
}

/** Keys are let go, and at once stand for something else. */
export function submitAgain({ world, client, dice, number, withoutTasks }: Deed): void {
  const keys = dice.some(client.futures.keys(), 0.2).filter((key) => isFree(world, key) && !withoutTasks.has(key))
  if (keys.length === 0) return
  client.release(keys)
  const plans = keys.map((key): Plan => ({ key, deps: [], ...manners(dice), version: number }))
  for (const plan of plans) world.plans.set(plan.key, plan)
  for (const key of keys) world.renamed.add(key)
  client.submit(plans, keys, {})
}

/** Its result may be made more than once. */
function isFree(world: World, key: string): boolean {
  const plan = world.plans.get(key)
  return plan !== undefined && !plan.effect
}

/** Inputs of that submission that are not there are not needed either. */
function without(plans: readonly Plan[], left: ReadonlySet<string>): Plan[] {
  if (left.size === 0) return [...plans]
  const kept = plans.filter((plan) => !left.has(plan.key))
  return kept.map((plan) => ({ ...plan, deps: plan.deps.filter((dep) => !left.has(dep)) }))
}

function drawOptions(world: World, dice: Dice, effect: boolean): TaskOptions {
  const priority = dice.oneIn(4) ? { priority: dice.between(-2, 2) } : {}
  const retries = dice.oneIn(3) ? { retries: 2, retry_delay: dice.pick([0, 30]) ?? 0 } : {}
  const place = dice.oneIn(8)
    ? { workers: [dice.pick([...world.workers.keys()]) ?? 'x'], allow_other_workers: true }
    : {}
  const resources = dice.oneIn(8) ? { resources: { GPU: dice.between(1, 2) } } : {}
  return { ...priority, ...retries, ...place, ...resources, ...(effect ? { effect } : {}) }
}

/** Large enough to be a record of its own, some with another map over it. */
export function submitMap({ world, client, dice, number }: Deed): void {
  const length = dice.between(60, 150)
  const prefix = `m${number}`
  const plans = Array.from({ length }, (_, i): Plan => ({ key: `${prefix}-${i}`, deps: [], ms: dice.next(), ...CALM }))
  client.submitMap(prefix, plans)
  for (const plan of plans) world.plans.set(plan.key, plan)
  if (dice.oneIn(2)) return
  const over = plans.map(({ key }, i): Plan => ({ key: `${prefix}f-${i}`, deps: [key], ms: dice.next(), ...CALM }))
  client.submitMap(`${prefix}f`, over)
  for (const plan of over) world.plans.set(plan.key, plan)
  if (dice.oneIn(2)) client.release(plans.map((plan) => plan.key))
}

/** Tasks with the same options travel together; all are wanted. */
export function submitGiven(world: World, graph: readonly SimulatedTask[], left: readonly string[] = []): void {
  const client = [...world.clients.values()][0]?.client
  const out = new Set(left)
  const groups = new Map<string, { options: TaskOptions; plans: Plan[] }>()
  for (const task of graph) {
    if (out.has(task.key)) continue
    const options = optionsOf(task)
    const group = groups.get(JSON.stringify(options)) ?? { options, plans: [] }
    groups.set(JSON.stringify(options), group)
    const { key, deps = [], ms = 1, failures = 0, effect = false } = task
    group.plans.push({ ...CALM, key, deps: deps.filter((dep) => !out.has(dep)), ms, failures, effect })
  }
  for (const { options, plans } of groups.values()) {
    for (const plan of plans) world.plans.set(plan.key, plan)
    client?.submit(
      plans,
      plans.map((plan) => plan.key),
      options,
    )
  }
}

function optionsOf({ retries, priority, resources, effect }: SimulatedTask): TaskOptions {
  return {
    ...(retries === undefined ? {} : { retries }),
    ...(priority === undefined ? {} : { priority }),
    ...(resources === undefined ? {} : { resources }),
    ...(effect === undefined ? {} : { effect }),
  }
}

/** Independent, a chain, a tree, or anything. */
function depsOf(dice: Dice, shape: number, own: string[], known: string[]): string[] {
  const outside = dice.oneIn(4) ? dice.some(known, 1.5 / Math.max(1, known.length)) : []
  if (shape === 0) return outside
  if (shape === 1) return [...own.slice(-1), ...outside]
  if (shape === 2) return own.length % 3 === 2 ? own.slice(-2) : outside
  return [...new Set([...dice.some(own, 2 / Math.max(1, own.length)), ...outside])]
}

function manners(dice: Dice): Omit<Plan, 'key' | 'deps'> {
  const ms = dice.oneIn(10) ? dice.between(100, 3000) : dice.next() * 20
  const failures = dice.oneIn(15) ? dice.between(1, 4) : 0
  return { ms, failures, secedes: dice.oneIn(15), reschedules: dice.oneIn(20) }
}
