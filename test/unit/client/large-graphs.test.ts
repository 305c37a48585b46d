import { afterEach, beforeEach, expect, test } from 'vitest'
import { ref } from '../../../src/client/ref.js'
import { inc, Network } from './network.js'

/** So many of such a name are more than one message. */
const N = 1500
const LONG = 'x'.repeat(500)

let network: Network

beforeEach(async () => {
  network = await Network.start()
})
afterEach(() => network.close())

test('a graph that is more than one message is computed as a whole', async () => {
  const nameOf = (i: number) => `${LONG}${i}`
  const first = [nameOf(0), [inc, 0 as never]] as const
  const others = Array.from({ length: N }, (_, i) => [nameOf(i + 1), [inc, ref(nameOf(i)) as never]] as const)
  const graph: Record<string, readonly [typeof inc, never]> = Object.fromEntries([first, ...others])
  expect(await network.client.get(graph, nameOf(N))).toBe(N + 1)
  await expect.poll(() => network.known).toBe(0)
  expect(network.warnings).toEqual([])
})

test('a map over futures that is more than one message has each result in its place', async () => {
  const { client } = network
  const first = client.with({ key: LONG }).map(
    inc,
    Array.from({ length: N }, (_, i) => i),
  )
  const second = client.map(inc, first)
  expect(await client.gather(second)).toEqual(Array.from({ length: N }, (_, i) => i + 2))
  for (const future of [...first, ...second]) future.release()
  await expect.poll(() => network.known).toBe(0)
  expect(network.warnings).toEqual([])
})
