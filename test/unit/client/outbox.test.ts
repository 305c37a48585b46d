import { expect, test } from 'vitest'
import { Outbox } from '../../../src/client/outbox.js'
import type { FromClientMessage } from '../../../src/protocol/messages.js'

const KEYS = Array.from({ length: 12_000 }, (_, i) => `k${i}`)

/** What is said, and the keys of it in order. */
function listen(): { outbox: Outbox; said: FromClientMessage[]; keys: () => string[] } {
  const said: FromClientMessage[] = []
  const outbox = new Outbox((messages) => void said.push(...messages))
  return { outbox, said, keys: () => said.flatMap((message) => ('keys' in message ? message.keys : [])) }
}

test('very many keys that are let go at once travel in several messages', () => {
  const { outbox, said, keys } = listen()
  for (const key of KEYS) outbox.release(key)
  outbox.flush()
  expect(said).toHaveLength(3)
  expect(keys()).toEqual(KEYS)
})

test('very many keys that are cancelled at once travel in several messages, each of which says why', () => {
  const { outbox, said, keys } = listen()
  outbox.say({ op: 'cancel-keys', keys: KEYS, force: true, reason: 'enough' })
  outbox.flush()
  expect(said.map((message) => ({ ...message, keys: undefined }))).toEqual(
    Array(3).fill({ op: 'cancel-keys', keys: undefined, force: true, reason: 'enough' }),
  )
  expect(keys()).toEqual(KEYS)
})
