/** What may happen in a simulation: what people do, and what goes wrong. */
import type { Dice } from './dice.js'
import type { SimulationOptions } from './options.js'
import type { SimClient } from './sim-client.js'
import { submit, submitAgain, submitMap } from './submissions.js'
import type { World } from './world.js'

/** One thing that somebody does, with chance and a number of its own. */
export interface Deed {
  readonly world: World
  readonly client: SimClient
  readonly dice: Dice
  readonly number: number
  /** Submissions leave these out. */
  readonly withoutTasks: ReadonlySet<string>
}

type Act = (deed: Deed) => void

/** One thing that somebody does, or that happens to somebody. */
export function happen(world: World, dice: Dice, number: number, options: SimulationOptions): void {
  const client = dice.pick([...world.clients.values()])?.client
  if (client === undefined) return void world.addClient()
  const [name, act] = draw(dice, options)
  world.deeds.set(number, name)
  world.say(`deed ${number}: ${name}`)
  act({ world, client, dice, number, withoutTasks: new Set(options.withoutTasks) })
}

function draw(dice: Dice, { faults = true, graph }: SimulationOptions): [string, Act] {
  if (graph === undefined) {
    if (dice.oneIn(25)) return ['submit a map', submitMap]
    if (dice.oneIn(2)) return ['submit', submit]
  }
  const kinds = Object.entries(faults && dice.oneIn(2) ? FAULTS : DEEDS)
  return dice.pick(kinds) as [string, Act]
}

const DEEDS: Readonly<Record<string, Act>> = {
  release: ({ client, dice }) => client.release(dice.some(client.futures.keys(), 0.3)),
  'release few': ({ client, dice }) => client.release(dice.some(client.futures.keys(), 0.1)),
  cancel: ({ client, dice }) => client.cancel(dice.some(client.futures.keys(), 0.1), dice.oneIn(4)),
  retry: ({ client }) => client.retry([...client.futures].flatMap(([key, b]) => (b === 'erred' ? [key] : []))),
  'want what others have': ({ world, client, dice }) => client.desire(dice.some(othersKeys(world, client), 0.2)),
  'submit other work under names that were let go': submitAgain,
  restart: ({ world, dice }) => {
    if (dice.oneIn(4)) world.handle({ type: 'restart' })
  },
  scatter,
  overwrite,
  replicate: ({ world, client, dice }) =>
    world.handle({ type: 'replicate', keys: dice.some(client.futures.keys(), 0.3), n: dice.between(1, 3) }),
  rebalance: ({ world }) => world.handle({ type: 'rebalance' }),
  'worker joins': ({ world }) => {
    if (world.workers.size < 5) world.addWorker()
  },
  'client joins': ({ world }) => {
    if (world.clients.size < 3) world.addClient()
  },
}

const FAULTS: Readonly<Record<string, Act>> = {
  'worker dies': ({ world, dice }) => {
    const worker = dice.pick(world.liveWorkers())
    if (worker !== undefined) world.kill(worker)
  },
  'worker leaves': ({ world, dice }) => {
    const worker = dice.pick(world.liveWorkers())
    if (worker !== undefined && dice.oneIn(3)) world.leave(worker)
  },
  'connection is cut': ({ world, dice }) => {
    const worker = dice.pick(world.liveWorkers())
    if (worker !== undefined && dice.oneIn(2)) world.disconnect(worker)
  },
  'worker hangs': hang,
  'worker is paused or goes on': pause,
  'two workers are cut off from each other': ({ world, dice }) => {
    const [one, other] = [dice.pick(world.liveWorkers()), dice.pick(world.liveWorkers())]
    if (one && other && one !== other) world.cut(one, other, dice.pick([100, 5000, 40_000]) ?? 100)
  },
  'a disk is full': ({ world, dice }) => dice.pick(world.liveWorkers())?.fill(dice.pick([0, 50, 1e6]) ?? 0),
  'values are lost': ({ world, dice }) => {
    const worker = dice.pick(world.liveWorkers())
    worker?.lose(dice.some(worker.store.keys(), 0.3))
  },
  'worker retires': ({ world, dice }) => {
    const worker = dice.pick(world.liveWorkers())
    if (worker !== undefined) world.handle({ type: 'retire-workers', workers: [worker.address] })
  },
  'client vanishes': ({ world, client, dice }) => world.loseClient(client, dice.oneIn(2)),
}

function othersKeys(world: World, client: SimClient): string[] {
  return [...world.clients.values()].flatMap((link) => (link.client === client ? [] : [...link.client.futures.keys()]))
}

/** A client puts data on a worker, and then says so. */
function scatter({ world, client, dice, number }: Deed): void {
  const worker = dice.pick(world.liveWorkers())
  if (worker === undefined) return
  const key = `d${number}`
  worker.put(key, `${key}:data`, false)
  client.futures.set(key, 'pending')
  world.handle({ type: 'keys-added', worker: worker.address, keys: new Map([[key, 8]]), client: client.id })
}

/** Somebody puts a key there without asking the scheduler, perhaps over an older value. */
function overwrite({ world, dice, number }: Deed): void {
  const worker = dice.pick(world.liveWorkers())
  worker?.put(`p${dice.between(1, 3)}`, `p:${number}`, true)
}

function hang({ world, dice }: Deed): void {
  const worker = dice.pick(world.liveWorkers())
  if (worker === undefined || !dice.oneIn(3)) return
  worker.status = 'frozen'
  world.time.after(dice.pick([100, 5000, 40_000]) ?? 100, () => worker.thaw())
}

function pause({ world, dice }: Deed): void {
  const worker = dice.pick(world.liveWorkers())
  if (worker === undefined) return
  worker.paused = !worker.paused
  worker.push({ type: worker.paused ? 'paused' : 'resumed' })
}
