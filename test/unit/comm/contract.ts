import { afterEach, describe, expect, test } from 'vitest'
import type { Comm, ConnectOptions, Listener, ListenOptions } from '../../../src/comm/comm.js'
import type { TlsCredentials } from '../../../src/comm/tls-credentials.js'
import { connect, listen } from '../../../src/comm/transports.js'
import { Deferred } from '../../../src/util/deferred.js'

/** Two ends of one connection, with queues of what arrived. */
export interface End {
  comm: Comm
  received: Uint8Array[][]
  /** Resolves when that many messages have arrived. */
  count(n: number): Promise<void>
  closed: Promise<Error | undefined>
}

export function endOf(comm: Comm): End {
  const received: Uint8Array[][] = []
  const waiting: { n: number; done: Deferred<void> }[] = []
  const closed = new Deferred<Error | undefined>()
  comm.onMessage = (frames) => {
    comm.trust()
    received.push(frames)
    for (const { n, done } of waiting) if (received.length >= n) done.resolve()
  }
  comm.onClose = (reason) => closed.resolve(reason)
  const count = (n: number) => {
    const done = new Deferred<void>()
    if (received.length >= n) done.resolve()
    waiting.push({ n, done })
    return done.promise
  }
  return { comm, received, count, closed: closed.promise }
}

const bytes = (n: number, seed = 1) => Uint8Array.from({ length: n }, (_, i) => (i * 7 + seed) & 0xff)
const same = (a: Uint8Array | undefined, b: Uint8Array) => a !== undefined && Buffer.compare(a, b) === 0

/** What every transport promises. */
export function transportContract(name: string, address: () => string, secure: { tls?: TlsCredentials } = {}): void {
  describe(`${name}: a comm`, () => {
    const open: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const close of open.splice(0).reverse()) await close()
    })

    async function server(
      options: Partial<ListenOptions> = {},
    ): Promise<{ listener: Listener; accepted: Promise<End> }> {
      const accepted = new Deferred<End>()
      const listener = await listen(address(), {
        ...secure,
        ...options,
        onComm: (comm) => accepted.resolve(endOf(comm)),
      })
      open.push(() => listener.close())
      return { listener, accepted: accepted.promise }
    }

    async function pair(near: Partial<ConnectOptions> = {}, far: Partial<ListenOptions> = {}): Promise<[End, End]> {
      const { listener, accepted } = await server(far)
      const a = endOf(await connect(listener.address, { ...secure, timeoutMs: 5000, ...near }))
      const b = await accepted
      open.push(async () => {
        a.comm.abort(new Error('test is over'))
        b.comm.abort(new Error('test is over'))
      })
      a.comm.send([Uint8Array.of(0)])
      b.comm.send([Uint8Array.of(0)])
      await Promise.all([a.count(1), b.count(1)])
      a.received.length = b.received.length = 0
      return [a, b]
    }

    test('delivers messages in the order in which they were sent, whatever their sizes', async () => {
      const [a, b] = await pair()
      const sizes = [1, 100, 4095, 4096, 70_000, 0, 3, 1_000_000, 5]
      for (const n of sizes) a.comm.send([bytes(n, n)])
      await b.count(sizes.length)
      expect(b.received.map(([frame]) => frame?.byteLength)).toEqual(sizes)
      expect(b.received.every(([frame], i) => same(frame, bytes(sizes[i] as number, sizes[i])))).toBe(true)
    })

    test('delivers all frames of a message, large and empty ones too', async () => {
      const [a, b] = await pair()
      const frames = [bytes(10), bytes(0), bytes(5000), bytes(300_000), bytes(0), bytes(9), bytes(0)]
      b.comm.send(frames)
      await a.count(1)
      expect(a.received[0]?.map((f) => f.byteLength)).toEqual(frames.map((f) => f.byteLength))
      expect(a.received[0]?.every((f, i) => same(f, frames[i] as Uint8Array))).toBe(true)
    })

    test('works both ways at once', async () => {
      const [a, b] = await pair()
      for (let i = 0; i < 500; i++) {
        a.comm.send([Uint8Array.of(i & 255)])
        b.comm.send([Uint8Array.of(i & 255), bytes(5000, i)])
      }
      await Promise.all([a.count(500), b.count(500)])
      expect(b.received.map(([f]) => f?.[0])).toEqual(Array.from({ length: 500 }, (_, i) => i & 255))
      expect(a.received.every(([, f], i) => same(f, bytes(5000, i)))).toBe(true)
    })

    test('says when a message was written, and has nothing pending then', async () => {
      const [a, b] = await pair()
      const written = new Deferred<void>()
      a.comm.send([bytes(100_000)], () => written.resolve())
      expect(a.comm.pendingBytes).toBeGreaterThanOrEqual(100_000)
      await Promise.all([written.promise, b.count(1)])
      expect(a.comm.pendingBytes).toBe(0)
    })

    test('delivers nothing while paused, and everything after', async () => {
      const [a, b] = await pair()
      b.comm.pause()
      a.comm.send([Uint8Array.of(1)])
      a.comm.send([Uint8Array.of(2)])
      const echo = new Deferred<void>()
      b.comm.send([Uint8Array.of(9)], () => echo.resolve())
      await Promise.all([a.count(1), echo.promise])
      expect(b.received).toEqual([])
      b.comm.resume()
      await b.count(2)
      expect(b.received.map(([f]) => f?.[0])).toEqual([1, 2])
    })

    test('can be paused from within a message, which is then the last for now', async () => {
      const [a, b] = await pair()
      const { onMessage } = b.comm
      b.comm.onMessage = (frames) => {
        onMessage(frames)
        if (frames[0]?.[0] === 1) b.comm.pause()
      }
      for (const i of [0, 1, 2, 3]) a.comm.send([Uint8Array.of(i)])
      await b.count(2)
      expect(b.received.length).toBe(2)
      b.comm.resume()
      await b.count(4)
      expect(b.received.map(([f]) => f?.[0])).toEqual([0, 1, 2, 3])
    })

    test('holds a sender back whose peer does not read', async () => {
      const [a, b] = await pair()
      b.comm.pause()
      const chunk = bytes(1024 * 1024)
      for (let i = 0; i < 24; i++) a.comm.send([chunk])
      let drained = false
      const waiting = a.comm.drained().then(() => {
        drained = true
      })
      await new Promise((resolve) => setImmediate(resolve))
      expect(drained).toBe(false)
      expect(a.comm.pendingBytes).toBeGreaterThan(1024 * 1024)
      b.comm.resume()
      await waiting
      await b.count(24)
      expect(a.comm.pendingBytes).toBe(0)
    })

    test('sends what is queued before it closes, and its peer hears of a polite end after the last message', async () => {
      const [a, b] = await pair()
      a.comm.send([bytes(200_000)])
      await a.comm.close()
      expect(a.comm.closed).toBe(true)
      expect(await b.closed).toBeUndefined()
      expect(b.received.map(([f]) => f?.byteLength)).toEqual([200_000])
      expect(await a.closed).toBeUndefined()
    })

    test('lets others have their turn while a large frame is under way', async () => {
      const [a, b] = await pair()
      let turns = 0
      let isUnderWay = true
      const turn = () => {
        turns++
        if (isUnderWay) setImmediate(turn)
      }
      a.comm.send([Uint8Array.of(1), new Uint8Array(64 * 1024 * 1024)])
      setImmediate(turn)
      await b.count(1)
      isUnderWay = false
      expect(b.received[0]?.[1]?.byteLength).toBe(64 * 1024 * 1024)
      expect(turns).toBeGreaterThan(8)
    })

    test('sends large frames whole and in order, also when it is closed at once', async () => {
      const [a, b] = await pair()
      const large = bytes(9 * 1024 * 1024 + 5)
      const written: string[] = []
      a.comm.send([Uint8Array.of(1), large, bytes(7)], () => written.push('large'))
      a.comm.flush()
      for (let i = 2; i < 9; i++) a.comm.send([Uint8Array.of(i)], () => written.push('small'))
      await a.comm.close()
      expect(await b.closed).toBeUndefined()
      expect(b.received.map(([f]) => f?.[0])).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
      expect(same(b.received[0]?.[1], large)).toBe(true)
      expect(written).toEqual(['large', ...Array<string>(7).fill('small')])
    })

    test('gives the reason of an abort to its own side, and never stays silent to the other', async () => {
      const [a, b] = await pair()
      const reason = new Error('enough')
      a.comm.abort(reason)
      expect(await a.closed).toBe(reason)
      await b.closed
      expect(a.comm.closed && b.comm.closed).toBe(true)
    })

    test('drops what is sent after the end, and still says that the memory is free', async () => {
      const [a] = await pair()
      a.comm.abort(new Error('enough'))
      await a.closed
      await new Promise<void>((resolve) => a.comm.send([bytes(10)], resolve))
      await a.comm.drained()
      await a.comm.close()
    })

    test('frees the memory of what could not be written', async () => {
      const [a, b] = await pair()
      b.comm.pause()
      const freed = new Deferred<void>()
      for (let i = 0; i < 32; i++) a.comm.send([bytes(1024 * 1024)], i === 31 ? () => freed.resolve() : undefined)
      await new Promise((resolve) => setImmediate(resolve))
      a.comm.abort(new Error('enough'))
      await freed.promise
    })

    test('hears nothing after its own close', async () => {
      const [a, b] = await pair()
      const closing = a.comm.close()
      b.comm.send([bytes(5)])
      await Promise.all([closing, b.closed])
      expect(a.received).toEqual([])
    })

    test('names both of its ends', async () => {
      const [a, b] = await pair()
      expect(a.comm.localAddress).toBe(b.comm.peerAddress)
    })

    test('many comms of one listener do not mix', async () => {
      const ends: End[] = []
      const listener = await listen(address(), {
        ...secure,
        onComm: (comm) => {
          const end = endOf(comm)
          const { onMessage } = comm
          comm.onMessage = (frames) => {
            onMessage(frames)
            comm.send(frames)
          }
          ends.push(end)
        },
      })
      open.push(() => listener.close())
      const clients = await Promise.all(
        Array.from({ length: 20 }, async () => endOf(await connect(listener.address, { ...secure, timeoutMs: 5000 }))),
      )
      for (const [i, { comm }] of clients.entries()) {
        comm.trust()
        comm.send([Uint8Array.of(i)])
        comm.send([Uint8Array.of(i), bytes(20_000, i)])
      }
      await Promise.all(clients.map((client) => client.count(2)))
      expect(clients.every(({ received }, i) => received.every(([f]) => f?.[0] === i))).toBe(true)
      expect(clients.every(({ received }, i) => same(received[1]?.[1], bytes(20_000, i)))).toBe(true)
      await Promise.all(clients.map(({ comm }) => comm.close()))
    })

    test('a listener that is closed refuses, and what it accepted goes on', async () => {
      const { listener, accepted } = await server()
      const a = endOf(await connect(listener.address, { ...secure, timeoutMs: 5000 }))
      const b = await accepted
      a.comm.send([bytes(1)])
      b.comm.send([bytes(1)])
      await Promise.all([a.count(1), b.count(1)])
      await Promise.race([listener.close(), a.closed])
      await expect(connect(listener.address, { ...secure, timeoutMs: 100 })).rejects.toMatchObject({
        code: 'HEDDLE_REFUSED',
      })
      a.comm.send([bytes(2)])
      await b.count(2)
      await a.comm.close()
    })

    test('an aborted connect rejects with the reason of the signal', async () => {
      const { listener } = await server()
      const reason = new Error('changed my mind')
      await expect(
        connect(listener.address, { ...secure, timeoutMs: 5000, signal: AbortSignal.abort(reason) }),
      ).rejects.toBe(reason)
    })
  })
}
