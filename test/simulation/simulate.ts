/** One seed, one run: first faults, then healing. Says what is wrong and how to see it again. */
import { happen } from './chance.js'
import { disagreement, pendingFutures } from './checkers/at-rest.js'
import { World } from './world.js'

/** Things that people do or that go wrong, and steps of the world between two of them. */
const DEEDS = 60
/** Virtual milliseconds without news after which the world is at rest: longer than every interval of both cores. */
const REST_MS = 15_000
const LIMIT_MS = 600_000

/** @throws Error with the seed and the reason. */
export function simulate(seed: number, deeds = DEEDS): World {
  const world = new World(seed)
  try {
    run(world, deeds)
  } catch (error) {
    world.fail(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  if (world.failure !== undefined) throw new SimulationError(seed, world)
  return world
}

/** What was wrong, and with which seed. */
export class SimulationError extends Error {
  constructor(
    seed: number,
    readonly world: World,
  ) {
    super(`seed ${seed}: ${world.failure}\n  reproduce: npm run simulate -- --seed ${seed}`)
  }
}

function run(world: World, deeds: number): void {
  const workers = world.dice.between(1, 4)
  for (let i = 0; i < workers; i++) world.addWorker()
  world.addClient()
  for (let i = 0; i < deeds; i++) {
    happen(world, true)
    pass(world, world.dice.oneIn(10) ? 2000 : world.dice.next() * 60)
  }
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

/** One worker suffices. */
function heal(world: World): void {
  for (const { worker } of world.workers.values()) {
    worker.thaw()
    if (worker.paused) worker.push({ type: 'resumed' })
    worker.paused = false
  }
  world.addWorker()
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

/** Nothing is kept for nobody: what is left was put there directly. */
function forgottenAll(world: World): void {
  for (const [key, state] of world.core.tasks())
    if (!key.startsWith('p')) return world.fail(`${key} is ${state}, though nobody holds anything`)
}
