import { afterEach, describe, expect, test } from 'vitest'
import { STRANGERS_MAX } from '../../../src/comm/limits.js'
import { ConnectError, ProtocolError } from '../../../src/errors.js'
import { pack } from '../../../src/protocol/codec.js'
import { Server } from '../../../src/rpc/server.js'
import { type MessageStream, openStream } from '../../../src/rpc/stream.js'
import { Deferred } from '../../../src/util/deferred.js'
import { Encoded } from '../../../src/values/encoded.js'
import { fine, framed, Lines, Opened, RawPeer } from './nodes.js'

const opened = new Opened()
afterEach(() => opened.close())

const raw = (address: string) => opened.add(new RawPeer(address))

/** A node and a good client of it, which must go on being served whatever others do. */
async function node() {
  const served = await opened.serve('tcp://127.0.0.1:0', {
    handlers: {
      ping: () => ({ status: 'OK' }),
      big: () => ({ data: new Encoded(new Uint8Array(1), [new Uint8Array(4_000_000)], 4_000_000) }),
    },
  })
  const pool = opened.pool()
  return { ...served, well: async () => expect(await pool.request(served.address, 'ping')).toEqual({ status: 'OK' }) }
}

const u64 = (...values: (number | bigint)[]) => new Uint8Array(BigUint64Array.from(values.map(BigInt)).buffer)

describe('a stranger', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['speaks HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /HTTP/],
    ['speaks TLS', Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0, 0, 0, 0, 0), /TLS/],
    ['sends zeroes', new Uint8Array(64), /not a Heddle message/],
    ['sends two frames', framed(new Uint8Array(5), new Uint8Array(5)), /not a Heddle message/],
    ['promises a huge message', u64(2 ** 50 + 16, 1, 2 ** 50), /head of \d+ bytes/],
    ['promises more than a number can hold', u64(2n ** 64n - 1n, 1, 2n ** 64n - 1n), /head of Infinity bytes/],
    ['sends 64 KiB and one byte', framed(new Uint8Array(65_537)), /65537 bytes/],
    ['contradicts itself', u64(999, 1, 5), /999 bytes/],
    ['sends no msgpack', framed(Uint8Array.of(0xc1)), /0xc1/],
    ['sends a list', framed(...pack([1, 2])), /no map/],
    ['sends another map', framed(...pack({ hello: 1 })), /neither Heddle's nor Dask's/],
    ['is nested without end', framed(new Uint8Array(60_000).fill(0x91)), /nested deeper/],
    ['claims four thousand million entries', framed(Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff)), /too early/],
    ['names no protocol', framed(...pack({ 'pickle-protocol': 5, heddle: { protocol: 'x' } })), /names no protocol/],
  ])('that %s is cut off with a logged reason, and others are served', async (_what, bytes, reason) => {
    const { address, log, well } = await node()
    await well()
    const peer = raw(address)
    peer.write(bytes)
    await peer.ended
    await well()
    expect(log.texts('warn')).toEqual([expect.stringMatching(reason)])
    expect(log.texts('error')).toEqual([])
  })

  test('that speaks another protocol is told, by the greeting it can read, and logged with both versions', async () => {
    const { address, log } = await node()
    const peer = raw(address)
    peer.say({ compression: null, python: [3, 11, 0], 'pickle-protocol': 5, heddle: { protocol: 7, version: '9.9.9' } })
    await peer.ended
    expect(peer.received.toString('latin1')).toContain('heddle')
    expect(log.texts('warn')).toEqual([expect.stringMatching(/protocol 1.*9\.9\.9 \(protocol 7\)/)])
  })

  test('that is a Dask node is told so in its own terms', async () => {
    const { address, log, well } = await node()
    const peer = raw(address)
    peer.say({ compression: null, python: [3, 11, 2], 'pickle-protocol': 5 })
    await peer.ended
    expect(peer.received.toString('latin1')).toContain('does not talk to Dask nodes')
    expect(log.texts('warn')).toEqual([expect.stringContaining('Dask node')])
    await well()
  })

  test('that hangs up is no reason to warn', async () => {
    const { address, log, well } = await node()
    const peer = raw(address)
    await peer.arrived(50)
    peer.close()
    await peer.ended
    await well()
    expect(log.texts('warn')).toEqual([])
  })

  test('that says nothing is let go after 5 seconds', async () => {
    const { address, log, well } = await node()
    const started = performance.now()
    const peer = raw(address)
    await peer.ended
    expect(performance.now() - started).toBeGreaterThan(4500)
    await well()
    expect(log.lines).toHaveLength(1)
  })

  test(`is one of ${STRANGERS_MAX} at most; known peers go on beside them`, async () => {
    const { address, well } = await node()
    await well()
    const peers = Array.from({ length: STRANGERS_MAX + 40 }, () => raw(address))
    await Promise.race(peers.map((peer) => peer.ended))
    await well()
  })
})

describe('a known peer', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['no msgpack', framed(Uint8Array.of(0xc1)), /0xc1/],
    ['no map', framed(...pack(5)), /without operation/],
    ['no operation', framed(...pack({ x: 1 })), /without operation/],
    ['an operation that is no text', framed(...pack({ op: 7 })), /without operation/],
    ['a frame that nothing names', framed(...pack({ op: 'ping' }), new Uint8Array(3)), /frames that the message/],
    ['too many frames', u64(8, 65_537), /65537 frames/],
    ['a head over the limit', u64(16 + 2 ** 30, 1, 2 ** 30), /head of/],
    ['no frames', u64(8, 0), /without frames/],
    [
      'two requests at once',
      Buffer.concat([framed(...pack({ op: 'wait' })), framed(...pack({ op: 'ping' }))]),
      /second request/,
    ],
  ])('that sends %s is cut off with a logged reason, and others are served', async (_what, bytes, reason) => {
    const { address, log } = await opened.serve('tcp://127.0.0.1:0', {
      handlers: { ping: () => ({ status: 'OK' }), wait: () => new Promise(() => {}) },
    })
    const peer = await raw(address).greet()
    peer.write(bytes)
    await peer.ended
    expect(log.texts('warn')).toEqual([expect.stringMatching(reason)])
    expect(await opened.pool().request(address, 'ping')).toEqual({ status: 'OK' })
  })

  test('that does not read its answers is not heard, and holds nobody up', async () => {
    let answered = 0
    const { address } = await opened.serve('tcp://127.0.0.1:0', {
      handlers: {
        ping: () => ({ status: 'OK' }),
        big: () => {
          answered++
          return { data: new Encoded(new Uint8Array(1), [new Uint8Array(8_000_000)], 8_000_000) }
        },
      },
    })
    const peer = await raw(address).greet()
    peer.pause()
    for (let i = 0; i < 50; i++) peer.say({ op: 'big' })
    const pool = opened.pool()
    for (let i = 0; i < 200; i++) await pool.request(address, 'ping')
    expect(answered).toBeLessThan(5)
  })

  test('that asks nonsense without end does not fill the log', async () => {
    const { address, log, well } = await node()
    const pool = opened.pool()
    for (let i = 0; i < 100; i++) await pool.request(address, 'nonsense').catch(() => {})
    expect(log.texts('warn')).toHaveLength(20)
    await well()
  })

  test('that ends in the middle of a request is forgotten', async () => {
    const { address, well } = await node()
    const peer = await raw(address).greet()
    peer.write(framed(new Uint8Array(1000)).subarray(0, 500))
    peer.close()
    await peer.ended
    await well()
  })
})

describe('a server', () => {
  test('that has closed refuses, and can be closed again', async () => {
    const { server, address } = await node()
    await Promise.all([server.close(), server.close()])
    await server.close()
    const failed = opened.pool().request(address, 'ping', {}, { connectTimeoutMs: 100 })
    await expect(failed).rejects.toBeInstanceOf(ConnectError)
  })

  test('closes although a peer holds its connection, and one is only half there', async () => {
    const { server, address } = await node()
    const known = await raw(address).greet()
    const stranger = raw(address)
    await stranger.arrived(10)
    const slow = await raw(address).greet()
    slow.pause()
    slow.say({ op: 'big' })
    const started = performance.now()
    await server.close()
    await Promise.all([known.ended, stranger.ended])
    expect(performance.now() - started).toBeLessThan(3000)
  })

  test('says where it listens, and listens at a second address too', async () => {
    const { server, address } = await node()
    expect(address).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/)
    const second = await server.listen('inproc://second')
    expect(server.address).toBe(address)
    expect(await opened.pool().request(second, 'ping')).toEqual({ status: 'OK' })
  })

  test('rejects an address that is in use, with the system code as cause', async () => {
    const { address } = await node()
    await expect(opened.serve(address, {})).rejects.toMatchObject({
      code: 'HEDDLE_CONNECT',
      cause: { code: 'EADDRINUSE' },
    })
  })

  test('cannot be made with an operation that nobody checks', () => {
    const options = { name: 'worker', logger: new Lines(), checks: {} }
    expect(() => new Server({ ...options, handlers: { get: () => 1 } })).toThrow("'get' has no check")
    expect(() => new Server({ ...options, handlers: { toString: () => 1 } })).toThrow("'toString' has no check")
  })

  test('tells the handler who asks', async () => {
    const { address } = await opened.serve('tcp://127.0.0.1:0', {
      handlers: { who: (_a: unknown, { peer }) => ({ peer }) },
    })
    expect(await opened.pool().request(address, 'who')).toEqual({
      peer: expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/),
    })
  })
})

describe('a stream to a peer that does not read', () => {
  test('has its bytes pending at the sender, who can wait for them', async () => {
    const far = new Deferred<MessageStream<unknown>>()
    const { address } = await opened.serve('tcp://127.0.0.1:0', {
      streams: {
        join: (_ask: unknown, accept) => far.resolve(accept({}, { check: fine, onMessages() {}, onClose() {} })),
      },
    })
    const received: unknown[] = []
    const done = new Deferred<void>()
    const { stream: near } = await openStream(
      address,
      'join',
      {},
      {
        check: fine,
        onClose() {},
        onMessages: (messages) => {
          received.push(...messages)
          if (received.length === 20) done.resolve()
        },
      },
    )
    const stream = await far.promise
    near.pause()
    const value = new Encoded(new Uint8Array(1), [new Uint8Array(2_000_000)], 2_000_000)
    for (let i = 0; i < 20; i++) stream.send({ op: 'x', value })
    let drained = false
    const waiting = stream.drained().then(() => {
      drained = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(drained).toBe(false)
    expect(stream.pendingBytes).toBeGreaterThan(10_000_000)
    near.resume()
    await Promise.all([waiting, done.promise])
    near.abort(new ProtocolError('over'))
  })
})
