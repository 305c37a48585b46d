/** What may happen in a simulation: what people do, and what goes wrong. */
import type { SimClient } from './sim-client.js'
import type { Plan } from './work.js'
import type { World } from './world.js'

/** One thing that somebody does, or that happens to somebody. */
export function happen(world: World, withFaults: boolean): void {
  const { dice } = world
  const client = dice.pick([...world.clients.values()])?.client
  if (client === undefined) world.addClient()
  else if (dice.oneIn(25)) submitMap(world, client)
  else if (dice.oneIn(2)) submit(world, client)
  else (dice.pick(withFaults && dice.oneIn(2) ? FAULTS : DEEDS) as Deed)(world, client)
}

type Deed = (world: World, client: SimClient) => void

const DEEDS: readonly Deed[] = [
  (w, c) => c.release(w.dice.some(c.futures.keys(), 0.3)),
  (w, c) => c.release(w.dice.some(c.futures.keys(), 0.1)),
  (w, c) => c.cancel(w.dice.some(c.futures.keys(), 0.1), w.dice.oneIn(4)),
  (_w, c) => c.retry([...c.futures].flatMap(([key, belief]) => (belief === 'erred' ? [key] : []))),
  (w, c) => c.desire(w.dice.some(othersKeys(w, c), 0.2)),
  scatter,
  overwrite,
  (w, c) => w.handle({ type: 'replicate', keys: w.dice.some(c.futures.keys(), 0.3), n: w.dice.between(1, 3) }),
  (w) => w.handle({ type: 'rebalance' }),
  (w) => {
    if (w.workers.size < 5) w.addWorker()
  },
  (w) => {
    if (w.clients.size < 3) w.addClient()
  },
]

const FAULTS: readonly Deed[] = [
  (w) => {
    const worker = w.dice.pick(w.liveWorkers())
    if (worker !== undefined) w.kill(worker)
  },
  (w) => {
    const worker = w.dice.pick(w.liveWorkers())
    if (worker !== undefined && w.dice.oneIn(3)) w.leave(worker)
  },
  freeze,
  pause,
  (w) => {
    const worker = w.dice.pick(w.liveWorkers())
    worker?.lose(w.dice.some(worker.store.keys(), 0.3))
  },
  (w) => {
    const worker = w.dice.pick(w.liveWorkers())
    if (worker !== undefined) w.handle({ type: 'retire-workers', workers: [worker.address] })
  },
  (w, c) => w.loseClient(c, w.dice.oneIn(2)),
]

function submit(world: World, client: SimClient): void {
  const { dice } = world
  const known = [...client.futures.keys()]
  const plans: Plan[] = []
  const n = dice.between(1, dice.oneIn(5) ? 40 : 8)
  const shape = dice.between(0, 3)
  for (let i = 0; i < n; i++) {
    const key = `t${world.nextSerial()}`
    const own = plans.map((p) => p.key)
    plans.push({ key, deps: depsOf(world, shape, own, known), ...manners(world) })
  }
  for (const plan of plans) world.plans.set(plan.key, plan)
  const keys = dice.oneIn(3) ? plans.slice(-1).map((p) => p.key) : plans.map((p) => p.key)
  const priority = dice.oneIn(4) ? { priority: dice.between(-2, 2) } : {}
  const retries = dice.oneIn(3) ? { retries: 2, retry_delay: dice.pick([0, 30]) ?? 0 } : {}
  const place = dice.oneIn(8)
    ? { workers: [dice.pick([...world.workers.keys()]) ?? 'x'], allow_other_workers: true }
    : {}
  client.submit(plans, keys, { ...priority, ...retries, ...place })
}

/** Large enough to be a record of its own, some with another map as their inputs. */
function submitMap(world: World, client: SimClient): void {
  const { dice } = world
  const length = dice.between(60, 150)
  const prefix = `m${world.nextSerial()}`
  const calm = { failures: 0, secedes: false, reschedules: false }
  const plans = Array.from({ length }, (_, i): Plan => ({ key: `${prefix}-${i}`, deps: [], ms: dice.next(), ...calm }))
  client.submitMap(prefix, plans)
  for (const plan of plans) world.plans.set(plan.key, plan)
  if (dice.oneIn(2)) return
  const over = plans.map(({ key }, i): Plan => ({ key: `${prefix}f-${i}`, deps: [key], ms: dice.next(), ...calm }))
  client.submitMap(`${prefix}f`, over)
  for (const plan of over) world.plans.set(plan.key, plan)
  if (dice.oneIn(2)) client.release(plans.map((plan) => plan.key))
}

/** Independent, a chain, a tree, or anything. */
function depsOf(world: World, shape: number, own: string[], known: string[]): string[] {
  const { dice } = world
  const outside = dice.oneIn(4) ? dice.some(known, 1.5 / Math.max(1, known.length)) : []
  if (shape === 0) return outside
  if (shape === 1) return [...own.slice(-1), ...outside]
  if (shape === 2) return own.length % 3 === 2 ? own.slice(-2) : outside
  return [...new Set([...dice.some(own, 2 / Math.max(1, own.length)), ...outside])]
}

function manners(world: World): Omit<Plan, 'key' | 'deps'> {
  const { dice } = world
  const ms = dice.oneIn(10) ? dice.between(100, 3000) : dice.next() * 20
  const failures = dice.oneIn(15) ? dice.between(1, 4) : 0
  return { ms, failures, secedes: dice.oneIn(15), reschedules: dice.oneIn(20) }
}

function othersKeys(world: World, client: SimClient): string[] {
  return [...world.clients.values()].flatMap((link) => (link.client === client ? [] : [...link.client.futures.keys()]))
}

/** A client puts data on a worker, and then says so. */
function scatter(world: World, client: SimClient): void {
  const worker = world.dice.pick(world.liveWorkers())
  if (worker === undefined) return
  const key = `d${world.nextSerial()}`
  worker.put(key, `${key}:data`, false)
  client.futures.set(key, 'pending')
  world.handle({ type: 'keys-added', worker: worker.address, keys: new Map([[key, 8]]), client: client.id })
}

/** Somebody puts a key there without asking the scheduler, perhaps over an older value. */
function overwrite(world: World): void {
  const worker = world.dice.pick(world.liveWorkers())
  worker?.put(`p${world.dice.between(1, 3)}`, `p:${world.nextSerial()}`, true)
}

function freeze(world: World): void {
  const worker = world.dice.pick(world.liveWorkers())
  if (worker === undefined || !world.dice.oneIn(3)) return
  worker.status = 'frozen'
  world.time.after(world.dice.pick([100, 5000, 40_000]) ?? 100, () => worker.thaw())
}

function pause(world: World): void {
  const worker = world.dice.pick(world.liveWorkers())
  if (worker === undefined) return
  worker.paused = !worker.paused
  worker.push({ type: worker.paused ? 'paused' : 'resumed' })
}
