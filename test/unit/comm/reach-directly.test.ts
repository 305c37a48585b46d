import { connect as dial } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { Comm, Listener } from '../../../src/comm/comm.js'
import { connect, listen, reachDirectly } from '../../../src/comm/transports.js'
import { endOf } from './contract.js'

const open: (Listener | Comm)[] = []

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

async function listener(): Promise<{ address: string; made: Listener; accepted: Comm[] }> {
  const accepted: Comm[] = []
  const made = await listen('tcp://127.0.0.1:0', { onComm: (comm) => accepted.push(comm) })
  open.push(made)
  return { address: made.address, made, accepted }
}

async function reach(address: string): Promise<Comm> {
  const comm = await connect(address, { timeoutMs: 2000 })
  open.push(comm)
  return comm
}

/** Without a socket the near end has no address of the network. */
const isDirect = (comm: Comm) => comm.localAddress.startsWith('inproc:')

test('who listens in this process is reached without a socket once that was asked for, under the same address', async () => {
  const { address, accepted } = await listener()
  expect(isDirect(await reach(address))).toBe(false)
  reachDirectly(address)
  const near = await reach(address)
  expect(isDirect(near)).toBe(true)
  expect(near.peerAddress).toBe(address)
  const far = endOf(accepted.at(-1)!)
  near.send([Uint8Array.of(1), new Uint8Array(10_000).fill(7)])
  await far.count(1)
  expect(far.received[0]!.map((frame) => frame.byteLength)).toEqual([1, 10_000])
})

test('what was sent is a copy: the sender may use its memory again, and the receiver keeps what it got', async () => {
  const { address, accepted } = await listener()
  reachDirectly(address)
  const near = await reach(address)
  const far = endOf(accepted[0]!)
  const mine = new Uint8Array(10_000).fill(1)
  await new Promise<void>((resolve) => near.send([Uint8Array.of(0), mine], resolve))
  mine.fill(2)
  await far.count(1)
  expect(new Set(far.received[0]![1])).toEqual(new Set([1]))
})

test('others still dial the address', async () => {
  const { address } = await listener()
  reachDirectly(address)
  const socket = dial(Number(address.split(':').at(-1)), '127.0.0.1')
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.destroy()
})

test('an address where nobody listens here, or not any more, is dialled', async () => {
  reachDirectly('tcp://127.0.0.1:1')
  await expect(connect('tcp://127.0.0.1:1', { timeoutMs: 100 })).rejects.toMatchObject({ code: 'HEDDLE_REFUSED' })
  const { address, made } = await listener()
  reachDirectly(address)
  await made.close()
  await expect(connect(address, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'HEDDLE_REFUSED' })
})
