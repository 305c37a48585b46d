import { afterEach, describe, expect, test } from 'vitest'
import { type CompactOp, compactForm } from '../../../src/protocol/compact.js'
import { openStream } from '../../../src/rpc/stream.js'
import { Deferred } from '../../../src/util/deferred.js'
import { encode } from '../../../src/values/encode.js'
import { fine, Opened } from './nodes.js'

const opened = new Opened()
afterEach(() => opened.close())

/** What the other end of a stream gets of these messages, and what they are by then here. */
async function sent(
  address: string,
  op: CompactOp,
  messages: { op: string }[],
  change: () => void,
): Promise<unknown[]> {
  const received: unknown[] = []
  const all = new Deferred<void>()
  const served = await opened.serve(address, {
    streams: {
      join: (_ask: unknown, accept) =>
        void accept(
          {},
          {
            check: fine,
            compact: compactForm(op),
            onClose() {},
            onMessages: (some) => {
              received.push(...some)
              if (received.length === messages.length) all.resolve()
            },
          },
        ),
    },
  })
  const { stream } = await openStream(served.address, 'join', {}, { check: fine, onMessages() {}, onClose() {} })
  opened.add({ close: () => stream.abort(new Error('test is over')) })
  for (const message of messages) stream.send(message)
  change()
  await all.promise
  return received
}

const large = new Uint8Array(10_000).fill(5)

describe.each(['tcp://127.0.0.1:0', 'inproc://tasks'])(
  'the messages that each task has, to a node at %s',
  (address) => {
    test('work comes as it was when it was sent, in its order, with large arguments or inputs too', async () => {
      const priority = [0, 1]
      const args = encode([1, 'a', new Uint8Array(20)])
      const one = { op: 'compute-task', key: 'a', run_id: 7, priority, function: 'hash#f', args, attempt: 1 }
      const other = { op: 'free-keys', keys: ['b'], stimulus_id: 's' }
      const inputs = { who_has: new Map([['x', ['tcp://127.0.0.1:1']]]), nbytes: new Map([['x', 8]]) }
      const messages = [
        one,
        other,
        { ...one, key: 'b', args: encode([large]) },
        { ...one, key: 'c', ...inputs, inline: new Map([['y', encode(2)]]) },
        { ...one, key: 'd', timeout: 5 },
        one,
      ]
      const wanted = structuredClone(messages)
      const received = await sent(address, 'compute-task', messages, () => {
        priority.push(9)
        args.head.fill(0)
      })
      expect(received).toEqual(wanted.map((message) => expect.objectContaining(message)))
    })

    test('ends of tasks do, with small results, large ones and none', async () => {
      const timing = { nbytes: 1, typename: 'number', thread: 0, start: 1.5, stop: 2.5 }
      const inline = encode({ small: new Uint8Array(100).fill(3) })
      const done = { op: 'task-finished', key: 'a', run_id: 7, ...timing, inline }
      const messages = [
        done,
        { ...done, key: 'b', inline: encode(large) },
        { op: 'task-finished', key: 'c', run_id: 8, ...timing },
      ]
      const wanted = structuredClone(messages)
      const received = await sent(address, 'task-finished', messages, () => inline.head.fill(0))
      expect(received).toEqual(wanted.map((message) => expect.objectContaining(message)))
    })

    test('news of results does, whoever holds them', async () => {
      const who_has = ['tcp://127.0.0.1:1']
      const news = { op: 'key-in-memory', key: 'a', nbytes: 1, typename: 'number', who_has, inline: encode(4) }
      const messages = [news, { ...news, key: 'b', who_has: [] }, news]
      const wanted = structuredClone(messages)
      const received = await sent(address, 'key-in-memory', messages, () => who_has.push('tcp://127.0.0.1:2'))
      expect(received).toEqual(wanted.map((message) => expect.objectContaining(message)))
    })
  },
)
