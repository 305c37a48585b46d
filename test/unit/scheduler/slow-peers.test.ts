import { beforeEach, describe, expect, test } from 'vitest'
import { ClientLink } from '../../../src/scheduler/client-link.js'
import { SlowPeers } from '../../../src/scheduler/slow-peers.js'

const MiB = 2 ** 20

/** A stream that is as far behind as a test says. */
function fakeStream() {
  return {
    peer: 'tcp://127.0.0.1:1',
    pendingBytes: 0,
    paused: false,
    aborted: undefined as Error | undefined,
    sent: [] as { text?: string }[],
    send(message: object) {
      this.sent.push(message)
    },
    pause() {
      this.paused = true
    },
    resume() {
      this.paused = false
    },
    abort(reason: Error) {
      this.aborted = reason
    },
  }
}

let look: () => void
const clock = {
  now: () => 0,
  after: (_ms: number, callback: () => void) => {
    look = callback
    return () => {}
  },
}

let client: ReturnType<typeof fakeStream>
let worker: ReturnType<typeof fakeStream>
let link: ClientLink
let load = 0

beforeEach(() => {
  load = 0
  client = fakeStream()
  worker = fakeStream()
  link = new ClientLink('ann', clock)
  link.stream = client as never
  const workers = { all: () => [worker] }
  new SlowPeers(clock, workers as never, { all: () => [link], tellLoads: () => link.tellLoad(load) } as never)
})

function lookFor(seconds: number): void {
  for (let i = 0; i < seconds * 4; i++) look()
}

describe('a peer that does not read', () => {
  test('a client that falls behind is not told what tasks print, and later how much that was', () => {
    const line = { op: 'task-log', key: 'x', worker: 'alice', level: 'log' } as const
    link.send({ ...line, text: 'one' })
    client.pendingBytes = 5 * MiB
    for (const text of ['two', 'three']) link.send({ ...line, text })
    client.pendingBytes = 0
    link.send({ ...line, text: 'four' })
    const left = '2 lines of output were left out: this client does not read fast enough'
    expect(client.sent.map(({ text }) => text)).toEqual(['one', left, 'four'])
  })

  test('a client that falls behind is not read from until it has caught up', () => {
    client.pendingBytes = 9 * MiB
    look()
    expect(client.paused).toBe(true)
    client.pendingBytes = 0
    look()
    expect(client.paused).toBe(false)
  })

  test('a client that is held for two reasons is read from when both are gone', () => {
    link.hold('ingesting')
    client.pendingBytes = 9 * MiB
    look()
    link.release('ingesting')
    expect(client.paused).toBe(true)
    client.pendingBytes = 0
    look()
    expect(client.paused).toBe(false)
  })

  test('one that stays far behind for half a minute is cut off, with the reason', () => {
    worker.pendingBytes = 65 * MiB
    lookFor(29)
    expect(worker.aborted).toBeUndefined()
    lookFor(2)
    expect(worker.aborted?.message).toContain('does not read')
  })

  test('one that catches up in between is not', () => {
    for (let i = 0; i < 3; i++) {
      worker.pendingBytes = 65 * MiB
      lookFor(20)
      worker.pendingBytes = 0
      look()
    }
    expect(worker.aborted).toBeUndefined()
  })

  test('a client is cut off at once when it would fill the memory', () => {
    client.pendingBytes = 600 * MiB
    look()
    expect(client.aborted?.message).toContain('does not read')
  })
})

describe('a client that submits more than is done', () => {
  test('is told what its tasks take, when that has changed by much', () => {
    link.noteTaken(3 * MiB)
    load = 3 * MiB
    look()
    expect(client.sent).toEqual([])
    link.noteTaken(3 * MiB)
    load = 5 * MiB
    look()
    look()
    expect(client.sent).toEqual([{ op: 'load', taken: 6 * MiB, waiting: 5 * MiB }])
    load = 2 * MiB
    look()
    expect(client.sent).toHaveLength(1)
    load = 0
    look()
    look()
    expect(client.sent.slice(1)).toEqual([{ op: 'load', taken: 6 * MiB, waiting: 0 }])
  })
})
