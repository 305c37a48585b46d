/** The page's conversation, message by message. */
import { expect, test } from 'vitest'
import type { WireEvent } from '../../src/rpc/trace.js'
import { aliceAndBob, record } from './network.js'

/** Heartbeats are not part of it; a ping is how a worker makes sure that the center has heard it. */
const ASIDES = new Set(['heartbeat_worker', 'ping'])

type Names = Record<string, string>

/** `Alice -> Center: who_has a`, as somebody would tell it who knows where each node listens. */
function tell({ kind, from, to, op, body }: WireEvent, names: Names): string {
  const known = (address: string) => names[address] ?? '?'
  const fields = body as { keys?: string[]; who?: string; key?: string; data?: Map<string, unknown> }
  if (kind === 'ask') {
    const asker = fields.who === undefined ? (op === 'who_has' ? 'Alice' : 'Client') : known(fields.who)
    return `${asker} asks ${known(to)}: ${op} ${fields.keys ?? fields.key}`
  }
  if (kind === 'answer') return `${known(from)} answers: ${op} ${[...(fields.data?.keys() ?? [])]}`.trimEnd()
  return `Alice tells Center: ${op} ${fields.keys}`
}

test('S26 to S32 the messages of compute z <- add(x, a) are those of the page', async () => {
  const { center, alice, bob } = await aliceAndBob()
  await alice.proxy.updateData({ data: { x: 1 } })
  await bob.proxy.updateData({ data: { a: 2 } })
  const names = { [`tcp://${center.ip}:${center.port}`]: 'Center', [alice.address]: 'Alice', [bob.address]: 'Bob' }
  const events = record()
  await alice.proxy.compute({ function: (x: number, a: number) => x + a, keys: ['x', 'a'], key: 'z' })

  const told = events.filter(({ op }) => !ASIDES.has(op)).map((event) => tell(event, names))
  expect(told).toEqual([
    // "Hey Alice! Compute z <- add(x, a)"
    'Client asks Alice: compute z',
    // "Hey Center! Who has a?"
    'Alice asks Center: who_has a',
    // "Hey Alice! Bob has a."
    'Center answers: who_has',
    // "Hey Bob! Send me a!"
    'Alice asks Bob: get_data a',
    // "Hey Alice! Here's a!", and Alice holds it too from now on
    'Bob answers: get_data a',
    'Alice tells Center: add-keys a',
    // "Hey Center! I have z!", before the client is told, so that whoever has the answer finds z at the center
    'Alice tells Center: add-keys z',
    // "Hey Client! I've computed z and am holding on to it!"
    'Alice answers: compute',
  ])
  expect(alice.worker.data.get('z')).toBe(3)
  expect(center.whoHas.get('a')).toEqual(new Set([alice.address, bob.address]))
  expect(center.whoHas.get('z')).toEqual(new Set([alice.address]))
  const hasA = events.find(({ kind, op }) => kind === 'answer' && op === 'who_has')
  expect(hasA!.body).toMatchObject({ who_has: new Map([['a', [bob.address]]]) })
  const said = events.find(({ kind, op }) => kind === 'answer' && op === 'compute')
  expect(said!.body).toMatchObject({ status: 'OK', key: 'z' })
  expect(said!.body).not.toHaveProperty('value')
})
