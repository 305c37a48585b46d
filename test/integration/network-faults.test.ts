/** F15 and F16: workers on hosts of their own, cut off from each other, or at the end of a slow link. */
import { afterEach, expect, test } from 'vitest'
import { Network, noNetworks } from './network.js'

let network: Network | undefined

afterEach(async () => {
  await network?.close()
  network = undefined
})

const make = (i: number) => new Uint8Array(100_000).fill(i)
const large = (i: number) => new Uint8Array(20_000_000).fill(i)
const add = (a: Uint8Array, b: Uint8Array) => a.at(-1)! + b.at(-1)!
const last = (a: Uint8Array) => a.at(-1)!

test.skipIf(noNetworks !== undefined)(
  'F15 two workers cannot reach each other: what one needs of the other comes through the scheduler, and that is said',
  { timeout: 120_000 },
  async () => {
    network = await Network.start(2)
    const { client } = network
    const [on1, on2] = ['w1', 'w2'].map((workers) => client.with({ workers }))
    const [a, b] = [on1!.submit(make, 1), on2!.submit(make, 2)]
    await client.wait([a, b])
    // A connection between them is open when they are cut off.
    expect(await on1!.submit(last, on2!.submit(make, 9)).result()).toBe(9)
    network.cut(1, 2)
    // Inputs on both sides; and at one side, for the other.
    const both = client.submit(add, a, b)
    const there = on1!.submit(last, on2!.submit(make, 7))
    const back = on2!.submit(last, on1!.submit(make, 8))
    expect(await client.submit((x: number) => x, 5).result()).toBe(5)
    expect(await client.gather([both, there, back])).toEqual([3, 7, 8])
    expect((await client.workers()).size).toBe(2)
    // Long enough to be seen on its way.
    network.slow(1, '100mbit')
    const slow = on2!.submit(last, on1!.submit(large, 6))
    await expect
      .poll(async () => (await client.explain(slow)).text, { timeout: 20_000, interval: 5 })
      .toMatch(/comes through the scheduler, for w2 .* cannot reach w1/)
    expect(await slow.result()).toBe(6)
    network.mend(1, 2)
    expect(await on1!.submit(last, on2!.submit(make, 4)).result()).toBe(4)
  },
)

test.skipIf(noNetworks !== undefined)(
  'F16 a large value goes over a slow link: small tasks at both ends do not wait for it, and nobody is taken for dead',
  { timeout: 120_000 },
  async () => {
    network = await Network.start(2)
    const { client } = network
    const [on1, on2] = ['w1', 'w2'].map((workers) => client.with({ workers }))
    const value = on2!.submit((n: number) => new Uint8Array(n).fill(3), 3_000_000)
    await client.wait([value])
    network.slow(2, '4mbit')
    const sent = on1!.submit(last, value)
    await expect.poll(async () => (await client.explain(sent)).state).toBe('processing')
    for (let i = 0; i < 20; i++)
      for (const on of [on1!, on2!]) expect(await on.submit((x: number) => x + 1, i).result()).toBe(i + 1)
    expect(sent.status).toBe('pending')
    expect(await sent.result()).toBe(3)
    expect((await client.workers()).size).toBe(2)
    // It came straight: who takes long is not taken for cut off.
    expect(network.scheduler.stderr).not.toContain('cannot reach')
  },
)
