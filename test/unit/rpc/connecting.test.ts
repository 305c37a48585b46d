import { type AddressInfo, createServer, type Socket, type Server as SocketServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { FrameParser } from '../../../src/comm/framing.js'
import { ConnectError, VersionError } from '../../../src/errors.js'
import { pack } from '../../../src/protocol/codec.js'
import { framed, Opened } from './nodes.js'

const opened = new Opened()
afterEach(() => opened.close())

/** Something else that listens. */
async function listener(onSocket: (socket: Socket) => void): Promise<{ address: string; server: SocketServer }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.add({
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  return { address: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

/** A peer that greets as a node does and answers each message after the other's greeting by `answer`. */
const fakeNode = (answer: (socket: Socket) => void) =>
  listener((socket) => {
    let greeted = false
    socket.write(greeting({ heddle: { protocol: 1, version: '0.1.0' } }))
    const parser = new FrameParser({
      limits: { maxFrames: 10, maxHead: 1e6, maxTotal: 1e6 },
      allocate: (nbytes) => new Uint8Array(nbytes),
      onMessage: () => {
        if (greeted) answer(socket)
        greeted = true
      },
    })
    socket.on('data', (chunk) => parser.push(chunk))
  })

const okay = framed(...pack({ status: 'OK' }))

const freePort = async () => {
  const { address, server } = await listener(() => {})
  await new Promise((resolve) => server.close(resolve))
  return address
}

const greeting = (more: object) =>
  framed(...pack({ compression: null, python: [3, 11, 0], 'pickle-protocol': 5, ...more }))

const failure = (address: string, connectTimeoutMs = 300) =>
  opened
    .pool()
    .request(address, 'ping', {}, { connectTimeoutMs })
    .then(
      () => undefined,
      (error: unknown) => error as Error,
    )

describe('a request to an address', () => {
  test('where nothing listens says so within its time, with the tries and what to do', async () => {
    const address = await freePort()
    const started = performance.now()
    const error = await failure(address)
    expect(performance.now() - started).toBeLessThan(2000)
    expect(error).toBeInstanceOf(ConnectError)
    expect(error).toMatchObject({ code: 'HEDDLE_REFUSED', address })
    expect(error?.message).toMatch(
      new RegExp(
        `^nothing is listening at ${address} \\(tried \\d+ times in 0\\.3 s\\)\\. Start a scheduler there with`,
      ),
    )
  })

  test('where a node starts a moment later is answered', async () => {
    const address = await freePort()
    const asked = opened.pool().request(address, 'ping')
    await opened.serve(address, { handlers: { ping: () => ({ status: 'OK' }) } })
    expect(await asked).toEqual({ status: 'OK' })
  })

  test('ends by its own timeout when that is shorter than the one for connecting', async () => {
    const address = await freePort()
    const started = performance.now()
    await expect(opened.pool().request(address, 'ping', {}, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'HEDDLE_REFUSED',
    })
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('whose host nobody knows says that', async () => {
    expect(await failure('tcp://no-such-host.invalid:8786')).toMatchObject({ code: 'HEDDLE_NO_HOST' })
  })

  test.each([
    ['Redis', '-ERR unknown command\r\n'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ])('where %s answers says so', async (language, answer) => {
    const { address } = await listener((socket) => socket.write(answer))
    const error = await failure(address)
    expect(error).toMatchObject({ code: 'HEDDLE_NOT_HEDDLE' })
    expect(error?.message).toContain(`${address} answered, but as ${language}.`)
  })

  test('where a Dask node answers says so', async () => {
    const { address } = await listener((socket) => socket.write(greeting({})))
    const error = await failure(address)
    expect(error).toMatchObject({ code: 'HEDDLE_NOT_HEDDLE' })
    expect(error?.message).toContain('as a Dask node')
  })

  test('where a node of another protocol answers names both versions', async () => {
    const { address } = await listener((socket) =>
      socket.write(greeting({ heddle: { protocol: 9, version: '3.1.4' } })),
    )
    const error = await failure(address)
    expect(error).toBeInstanceOf(VersionError)
    expect(error?.message).toMatch(/this is heddle \S+ \(protocol 1\), the node at \S+ is 3\.1\.4 \(protocol 9\)/)
  })

  test('that accepts and stays silent ends within its time', async () => {
    const { address } = await listener(() => {})
    expect(await failure(address)).toMatchObject({ code: 'HEDDLE_CONNECT_TIMEOUT' })
  })

  test('that hangs up before it has greeted is tried again', async () => {
    let calls = 0
    const { address } = await listener((socket) => {
      calls++
      socket.destroy()
    })
    await failure(address)
    expect(calls).toBeGreaterThan(1)
  })

  test('that always hangs up ends within its time', async () => {
    const { address } = await listener((socket) => socket.destroy())
    expect(await failure(address)).toMatchObject({
      code: 'HEDDLE_CONNECT_TIMEOUT',
      message: expect.stringMatching(/closes them before it says anything \(tried \d+ times in/),
    })
  })

  test('whose answer is of the wrong form rejects with the reason, and is not taken for an answer', async () => {
    const { address } = await fakeNode((socket) => socket.write(okay))
    const pool = opened.pool()
    await expect(pool.request(address, 'who_has')).rejects.toMatchObject({
      code: 'HEDDLE_PROTOCOL',
      message: `${address} gave a wrong answer to 'who_has': who_has is not a map`,
    })
    expect(await pool.request(address, 'ping')).toEqual({ status: 'OK' })
  })

  test('that answers before it was asked is not believed', async () => {
    let connections = 0
    const { address } = await listener((socket) => {
      connections++
      socket.write(Buffer.concat([greeting({ heddle: { protocol: 1, version: '0.1.0' } }), okay]))
    })
    expect(await failure(address)).toMatchObject({
      code: 'HEDDLE_COMM_CLOSED',
      message: expect.stringContaining('a message that nobody asked for'),
    })
    expect(connections).toBe(1)
  })

  test.each([
    ['is no message', (socket: Socket) => socket.write('this is not a message at all'), 'HEDDLE_COMM_CLOSED'],
    ['is no msgpack', (socket: Socket) => socket.write(framed(Uint8Array.of(0xc1))), 'HEDDLE_PROTOCOL'],
    [
      'ends in the middle',
      (socket: Socket) => socket.end(framed(new Uint8Array(50)).subarray(0, 40)),
      'HEDDLE_COMM_CLOSED',
    ],
  ])('whose answer %s rejects, and the connection is not used again', async (_what, answer, code) => {
    let connections = 0
    const { address } = await fakeNode((socket) => {
      connections++
      answer(socket)
    })
    const pool = opened.pool()
    await expect(pool.request(address, 'ping')).rejects.toMatchObject({ code })
    await expect(pool.request(address, 'ping')).rejects.toMatchObject({ code })
    expect(connections).toBe(2)
  })
})

describe('an idle connection', () => {
  // By TCP each connection has a port of its own, by which they are told apart here.
  beforeAll(() => {
    process.env.HEDDLE_UNIX_SOCKETS = 'off'
  })
  afterAll(() => void delete process.env.HEDDLE_UNIX_SOCKETS)

  test('is used again, also when asked a hundred times', async () => {
    const peers = new Set<string>()
    const { address } = await opened.serve('tcp://127.0.0.1:0', {
      handlers: { note: (_ask: unknown, { peer }) => void peers.add(peer) },
    })
    const pool = opened.pool()
    for (let i = 0; i < 100; i++) await pool.request(address, 'note')
    expect(peers.size).toBe(1)
  })

  test('that the peer has closed is noticed, and the request goes out on another', async () => {
    const sockets = new Set<Socket>()
    const { address } = await fakeNode((socket) => {
      sockets.add(socket)
      socket.write(okay)
    })
    const pool = opened.pool()
    await pool.request(address, 'ping')
    for (const socket of sockets) socket.end()
    // The event loop has no chance to see the end before the next request is made.
    const until = performance.now() + 120
    while (performance.now() < until);
    expect(await pool.request(address, 'ping')).toEqual({ status: 'OK' })
    expect(sockets.size).toBe(2)
  })

  test('is closed when there are too many, the longest unused first', async () => {
    const gone: string[] = []
    const nodes = await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        opened.serve('tcp://127.0.0.1:0', {
          handlers: { who: (_ask: unknown, { peer }) => ({ name, peer }) },
        }),
      ),
    )
    const pool = opened.pool({ idleMax: 2 })
    const ask = async (i: number) => await pool.request<{ peer: string }>(nodes[i]?.address as string, 'who')
    const first = [await ask(0), await ask(1), await ask(2)]
    const again = [await ask(2), await ask(1), await ask(0)]
    for (const [i, before] of first.entries()) if (before.peer !== again[2 - i]?.peer) gone.push('abc'[i] as string)
    expect(gone).toEqual(['a'])
  })

  test('to a peer that is forgotten is closed', async () => {
    const { address } = await opened.serve('tcp://127.0.0.1:0', {
      handlers: { who: (_ask: unknown, { peer }) => ({ peer }) },
    })
    const pool = opened.pool()
    const before = await pool.request(address, 'who')
    pool.forget(address)
    pool.forget('tcp://127.0.0.1:1')
    expect(await pool.request(address, 'who')).not.toEqual(before)
  })
})
