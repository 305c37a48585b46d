/** One seed, one run: first faults, then healing. Says what is wrong and how to see it again. */
import { disagreement, pendingFutures } from './at-rest.js'
import { happen } from './deeds.js'
import { Dice } from './dice.js'
import type { SimulationOptions, SimulationRun } from './options.js'
import type { SimWorker } from './sim-worker.js'
import { submitGiven } from './submissions.js'
import { World } from './world.js'

/** Virtual milliseconds without news after which the world is at rest: longer than every interval of both cores. */
const REST_MS = 15_000
const LIMIT_MS = 600_000

/**
 * Runs Heddle's scheduler and workers, as they decide, on a virtual clock and a network of chance: late messages, lost
 * connections, dying, slow, paused and busy workers, people who change their minds. Then the world heals, and everything
 * that is wanted must come to an end, all sides must agree, and nothing may be kept for nobody.
 *
 * @throws SimulationError that says what went wrong. The same options make the same run.
 * @example
 * simulate({ seed: 4711 })
 * simulate({ seed: 1, workers: 2, graph: [{ key: 'a' }, { key: 'b', deps: ['a'], effect: true }] })
 */
export function simulate(options: SimulationOptions): SimulationRun {
  const world = new World(options)
  try {
    run(world, options)
  } catch (error) {
    world.fail(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  if (world.failure !== undefined) throw new SimulationError(options, world)
  return { seed: options.seed, tasks: world.plans.size, events: world.events, ms: world.time.now, trace: world.trace }
}

/** A run that went wrong. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError'
  readonly seed: number
  readonly options: SimulationOptions
  /** What was wrong first. */
  readonly reason: string
  /** What people did and what went wrong, by number; those that were left out are not here. */
  readonly deeds: ReadonlyMap<number, string>
  /** Tasks that were submitted. */
  readonly tasks: readonly string[]
  /** If it was asked for. */
  readonly trace: readonly string[]

  /** @internal */
  constructor(options: SimulationOptions, world: World) {
    const reason = world.failure ?? ''
    super(`seed ${options.seed}: ${reason}\n  reproduce: npm run simulate -- --seed ${options.seed}`)
    this.seed = options.seed
    this.options = options
    this.reason = reason
    this.deeds = world.deeds
    this.tasks = [...world.plans.keys()]
    this.trace = world.trace
  }
}

function run(world: World, options: SimulationOptions): void {
  const workers = options.workers ?? world.dice.between(1, 4)
  const deeds = options.deeds ?? world.dice.between(5, 60)
  for (let i = 0; i < workers; i++) world.addWorker()
  world.addClient()
  if (options.graph !== undefined) submitGiven(world, options.graph, options.withoutTasks)
  const left = new Set(options.withoutDeeds)
  for (let i = 0; i < deeds && world.failure === undefined; i++) {
    // Each has chance of its own, so that it is the same deed when others are left out.
    const dice = new Dice(options.seed, i)
    if (!left.has(i)) happen(world, dice, i, options)
    pass(world, dice.oneIn(10) ? 2000 : dice.next() * 60)
  }
  if (options.faults !== false && world.dice.oneIn(8)) fillAll(world)
  heal(world)
  comeToRest(world)
  check(world)
  for (const { client } of world.clients.values()) client.release([...client.futures.keys()])
  comeToRest(world)
  check(world)
  forgottenAll(world)
}

/** Lets time pass. */
function pass(world: World, ms: number): void {
  const end = world.time.now + ms
  world.time.idleAfter(ms, () => {})
  while (world.time.now < end && world.failure === undefined) world.time.step()
}

/** Every memory and every disk is full: what is wanted comes to an end all the same. */
function fillAll(world: World): void {
  world.say('all disks are full')
  world.addWorker(true)
  for (const worker of allWorkers(world)) {
    worker.thaw()
    worker.fill(world.dice.pick([0, 50, 1e6]) ?? 0)
  }
  comeToRest(world)
  const pending = pendingFutures(world)
  if (pending.length > 0) world.fail(`still pending though no worker has room: ${pending.slice(0, 5).join(', ')}`)
}

/** One worker that has everything suffices. */
function heal(world: World): void {
  world.say('the world heals')
  for (const worker of allWorkers(world)) {
    worker.thaw()
    if (worker.paused) worker.push({ type: 'resumed' })
    worker.paused = false
  }
  world.addWorker(true)
}

function allWorkers(world: World): SimWorker[] {
  return [...world.absent, ...Array.from(world.workers.values(), (link) => link.worker)]
}

/** Until nothing happens but what happens for ever. */
function comeToRest(world: World): void {
  const limit = world.time.now + LIMIT_MS
  let restingSince = world.time.now
  while (world.failure === undefined && world.time.now - restingSince < REST_MS) {
    world.time.step()
    if (world.time.busy > 0) restingSince = world.time.now
    if (world.time.now > limit)
      return world.fail(`no rest after ten minutes; pending: ${pendingFutures(world).slice(0, 5)}`)
  }
}

function check(world: World): void {
  if (world.failure !== undefined) return
  world.core.assertValid()
  const reason = disagreement(world)
  if (reason !== undefined) world.fail(reason)
}

/** Nothing is kept for nobody: what is left was put there directly, or brought along by a worker that came back. */
function forgottenAll(world: World): void {
  for (const [key, state] of world.core.tasks())
    if (!key.startsWith('p') && !world.brought.has(key))
      return world.fail(`${key} is ${state}, though nobody holds anything`)
}
