import { afterEach, expect, test } from 'vitest'
import type { Comm } from '../../../src/comm/comm.js'
import { connect } from '../../../src/comm/transports.js'
import { requestRelayed } from '../../../src/rpc/relayed.js'
import { fine, Opened, RawPeer } from './nodes.js'

const opened = new Opened()
const AT = 'tcp://127.0.0.1:0'
const BYTES = 40_000_000

afterEach(() => opened.close())

/** One who has values, and one who leads to him, `most` at a time. */
async function start(most = 1) {
  const handlers = {
    identity: () => ({ status: 'OK' }),
    // The reply of this one is checked as an unknown operation's is: not at all.
    give: ({ nbytes }: { nbytes: number }) => ({ bytes: new Uint8Array(nbytes).fill(7) }),
    fail: () => {
      throw new Error('no')
    },
  }
  const far = await opened.serve(AT, { handlers })
  let open = 0
  const comms: Comm[] = []
  const relay = async ({ to }: { to: string }) => {
    if (to === 'nobody') throw new Error('nobody is no worker here')
    if (open >= most) return undefined
    open++
    const comm = await connect(to, { timeoutMs: 1000 })
    comms.push(comm)
    comm.onClose = () => void open--
    return comm
  }
  const hub = await opened.serve(AT, { relays: { relay }, checks: { relay: fine } })
  return { way: { through: hub.address, to: far.address, who: 'me' }, hub, comms, open: () => open }
}

test('who cannot reach a node asks it through another, and gets large values whole', async () => {
  const { way, open } = await start()
  for (const nbytes of [10, BYTES]) {
    const reply = await requestRelayed<{ bytes: Uint8Array }>(way, 'give', { nbytes })
    expect([reply!.bytes.length, reply!.bytes.at(-1)]).toEqual([nbytes, 7])
  }
  await expect.poll(open).toBe(0)
})

test('an error there arrives here, and one of the way names what is wrong with it', async () => {
  const { way, open } = await start()
  await expect(requestRelayed(way, 'fail', {})).rejects.toMatchObject({ cause: { message: 'no' } })
  await expect(requestRelayed({ ...way, to: 'nobody' }, 'give', {})).rejects.toThrow(/nobody is no worker here/)
  await expect.poll(open).toBe(0)
})

test('when too many go that way it says so', async () => {
  const { way } = await start(0)
  expect(await requestRelayed(way, 'give', { nbytes: 1 })).toBeUndefined()
})

test('what the asking one does not read is not read for it either, and both connections end together', async () => {
  const { way, hub, open, comms } = await start()
  const asker = opened.add(await new RawPeer(hub.address).greet())
  const { length } = asker.received
  asker.say({ op: 'relay', to: way.to, who: 'me' })
  await asker.arrived(length + 1)
  await asker.greet()
  asker.pause()
  asker.say({ op: 'give', nbytes: BYTES })
  let seen = 0
  const isStill = () => {
    const before = seen
    seen = comms[0]!.receivedBytes
    return seen > 1000 && seen === before
  }
  await expect.poll(isStill, { timeout: 5000, interval: 50 }).toBe(true)
  expect(seen).toBeLessThan(BYTES / 2)
  expect(open()).toBe(1)
  asker.close()
  await expect.poll(open).toBe(0)
})
