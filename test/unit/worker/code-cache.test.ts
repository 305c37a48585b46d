import { expect, test } from 'vitest'
import type { Artefact } from '../../../src/code/artefact.js'
import { sealEnvironment } from '../../../src/code/environment.js'
import { seal } from '../../../src/code/hash.js'
import { ship } from '../../../src/code/identity.js'
import { CodeCache } from '../../../src/worker/code-cache.js'

/** Artefacts of functions that differ. */
function artefacts(count: number): Artefact[] {
  return Array.from({ length: count }, (_, i) => {
    const { artefact } = ship(() => 0)
    const body = artefact.body.replace('0', String(i))
    return { ...artefact, body }
  })
}

class Route {
  readonly asked: string[] = []
  readonly here = new Set<string>()
  known = new Map<string, Artefact>()
  fetch = async (hash: string) => {
    this.asked.push(hash)
    return this.known.get(hash) ?? null
  }
  add = ({ hash }: Artefact) => void this.here.add(hash)
  remove = (hash: string) => void this.here.delete(hash)
}

const one = ship(() => 1).artefact
const two = ship(() => 2).artefact
const three = ship(() => 3).artefact

test('code is asked for once, however many want it at the same time', async () => {
  const route = new Route()
  route.known.set(one.hash, one)
  const cache = new CodeCache(route)
  await Promise.all([cache.ensure(one.hash), cache.ensure(one.hash), cache.ensure(one.hash)])
  await cache.ensure(one.hash)
  expect(route.asked).toEqual([one.hash])
  expect(route.here).toEqual(new Set([one.hash]))
})

test('code that is not what its hash says is refused', async () => {
  const route = new Route()
  const cache = new CodeCache(route)
  const [, changed] = artefacts(2)
  expect(() => cache.add(changed!)).toThrow('not what it says')
  route.known.set(one.hash, two)
  await expect(cache.ensure(one.hash)).rejects.toThrow(`asked for the code ${one.hash}`)
  expect(route.here.size).toBe(0)
})

test('code that nobody has is an error, and is asked for again the next time', async () => {
  const route = new Route()
  const cache = new CodeCache(route)
  await expect(cache.ensure(one.hash)).rejects.toMatchObject({ code: 'HEDDLE_LOAD' })
  route.known.set(one.hash, one)
  await cache.ensure(one.hash)
  expect(cache.has(one.hash)).toBe(true)
})

test('beyond a number or size, what is least lately used goes, but nothing that a task uses', () => {
  for (const limits of [{ count: 1 }, { bytes: one.body.length }]) {
    const route = new Route()
    const cache = new CodeCache(route, limits)
    cache.add(one)
    cache.use(one.hash)
    cache.add(two)
    expect(route.here).toEqual(new Set([one.hash]))
    cache.unuse(one.hash)
    cache.add(three)
    expect(route.here).toEqual(new Set([three.hash]))
  }
})

test('an environment comes with all that it names, which stays as long as it does', async () => {
  const route = new Route()
  const setup = [{ ref: `${two.hash}#lambda` as const, args: '' }]
  const environment = sealEnvironment({ setup })
  for (const artefact of [one, two, environment]) route.known.set(artefact.hash, artefact)
  const cache = new CodeCache(route, { count: 3 })
  const code = `${one.hash}.${environment.hash}`
  expect(cache.has(code)).toBe(false)
  await cache.ensure(code)
  expect(cache.has(code)).toBe(true)
  cache.use(code)
  cache.add(three)
  expect(route.here).toEqual(new Set([one.hash, two.hash, environment.hash]))
  cache.unuse(code)
  cache.add(three)
  expect(route.here.has(three.hash)).toBe(true)
  expect(route.here.size).toBeLessThanOrEqual(3)
})

test('an environment that comes without its files asks for them, and is not taken without', async () => {
  const route = new Route()
  const cache = new CodeCache(route)
  const file = seal({ kind: 'file', name: 'a.txt', body: 'a.txt\nYQ==', externals: [] })
  const environment = sealEnvironment({ files: { 'a.txt': file.hash } })
  await expect(cache.add(environment)).rejects.toThrow('nobody has the code')
  expect(cache.has(environment.hash)).toBe(false)
  route.known.set(file.hash, file)
  await cache.add(environment)
  expect(route.here).toEqual(new Set([file.hash, environment.hash]))
})
