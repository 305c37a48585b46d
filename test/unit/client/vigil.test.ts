import { expect, test } from 'vitest'
import { Vigil } from '../../../src/client/vigil.js'

/** Answers that take so long, by whether the client is awake. */
interface World {
  awake: number
  asleep: number
}

/** A client with a clock of its own. */
class Client {
  world: World
  #now = 0
  #looks: (() => void)[] = []
  readonly vigil: Vigil

  constructor(world: World, isUseful = true) {
    this.world = world
    this.vigil = new Vigil({ isUseful, now: () => this.#now, next: (look) => this.#looks.push(look) })
  }

  /** Waits for one answer. Gives for how long it was awake. */
  wait(): number {
    this.vigil.begin()
    const begun = this.#now
    const isAwake = this.#looks.length > 0
    const took = isAwake ? this.world.awake : this.world.asleep
    const awake = this.#lookUntil(begun + took)
    this.#now = begun + took
    this.vigil.end()
    this.#look()
    return awake
  }

  waits(count: number): number[] {
    return Array.from({ length: count }, () => this.wait())
  }

  #lookUntil(end: number): number {
    const begun = this.#now
    while (this.#looks.length > 0 && this.#now < end) {
      this.#now += 0.01
      this.#look()
    }
    return this.#now - begun
  }

  #look(): void {
    for (const look of this.#looks.splice(0)) look()
  }
}

const isAwake = (time: number) => time > 0

test('a client stays awake for answers that come sooner then', () => {
  const client = new Client({ awake: 0.2, asleep: 0.4 })
  client.waits(1100)
  expect(client.waits(320).filter(isAwake)).toHaveLength(310)
})

test('it does not before the cluster is warm', () => {
  expect(new Client({ awake: 0.2, asleep: 0.4 }).waits(1000).some(isAwake)).toBe(false)
})

test('it sleeps where being awake stands in the way, and tries again now and then', () => {
  const client = new Client({ awake: 0.5, asleep: 0.3 })
  client.waits(1100)
  expect(client.waits(320).filter(isAwake)).toHaveLength(10)
})

test('it takes up what has become better, and gives up what has become worse', () => {
  const client = new Client({ awake: 0.2, asleep: 0.4 })
  client.waits(2000)
  client.world = { awake: 0.9, asleep: 0.3 }
  client.waits(1000)
  expect(client.waits(320).filter(isAwake)).toHaveLength(10)
  client.world = { awake: 0.1, asleep: 0.3 }
  client.waits(2000)
  expect(client.waits(320).filter(isAwake)).toHaveLength(310)
})

test('it never stays awake for what takes long, nor longer than half a millisecond', () => {
  const client = new Client({ awake: 0.2, asleep: 0.4 })
  client.waits(2000)
  client.world = { awake: 100, asleep: 100 }
  const awake = client.waits(1000)
  expect(Math.max(...awake)).toBeLessThan(0.52)
  expect(awake.slice(100).some(isAwake)).toBe(false)
})

test('it sleeps where there is one core', () => {
  expect(new Client({ awake: 0.2, asleep: 0.4 }, false).waits(2000).some(isAwake)).toBe(false)
})

test('a wait that others have joined says nothing of single ones', () => {
  const client = new Client({ awake: 0.5, asleep: 0.3 })
  client.waits(1100)
  for (let i = 0; i < 100; i++) {
    client.vigil.begin()
    client.vigil.abandon()
    client.vigil.end()
  }
  client.waits(1)
  expect(client.waits(320).filter(isAwake).length).toBeLessThanOrEqual(11)
})
