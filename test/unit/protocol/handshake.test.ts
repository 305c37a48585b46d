import { afterEach, describe, expect, test } from 'vitest'
import type { Comm } from '../../../src/comm/comm.js'
import { connect, listen } from '../../../src/comm/transports.js'
import { pack, unpack } from '../../../src/protocol/codec.js'
import { handshake } from '../../../src/protocol/handshake.js'
import { PROTOCOL, VERSION } from '../../../src/protocol/version.js'
import { Deferred } from '../../../src/util/deferred.js'

let n = 0
const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function pair(): Promise<[Comm, Comm]> {
  const accepted = new Deferred<Comm>()
  const listener = await listen(`inproc://handshake-${++n}`, { onComm: (comm) => accepted.resolve(comm) })
  open.push(() => listener.close())
  const near = await connect(listener.address, { timeoutMs: 1000 })
  const far = await accepted.promise
  open.push(async () => {
    near.abort(new Error('test is over'))
    far.abort(new Error('test is over'))
  })
  return [near, far]
}

const dask = { compression: null, python: [3, 11, 2], 'pickle-protocol': 5 }
const options = { timeoutMs: 2000 }

/** What this side says when the other says `greeting`. */
async function against(greeting: unknown): Promise<unknown> {
  const [near, far] = await pair()
  far.send(pack(greeting))
  return await handshake(near, options).then(
    (found) => found,
    (error: unknown) => error,
  )
}

describe('the handshake', () => {
  test('of two nodes gives each the version of the other', async () => {
    const [near, far] = await pair()
    const expected = { dialect: 'heddle', version: VERSION }
    expect(await Promise.all([handshake(near, options), handshake(far, { ...options, accepting: true })])).toEqual([
      expected,
      expected,
    ])
  })

  test('says at once, to anybody, what a Dask node expects, and our protocol; nothing else', async () => {
    const [near, far] = await pair()
    const first = new Deferred<Uint8Array[]>()
    far.onMessage = (frames) => first.resolve(frames)
    const shaking = handshake(near, options)
    expect(unpack(await first.promise)).toEqual({
      compression: null,
      python: [3, 11, 0],
      'pickle-protocol': 5,
      heddle: { protocol: PROTOCOL, version: VERSION },
    })
    far.send(pack({ ...dask, heddle: { protocol: PROTOCOL, version: '0.0.9' } }))
    expect(await shaking).toEqual({ dialect: 'heddle', version: '0.0.9' })
  })

  test('knows a Dask node', async () => {
    expect(await against(dask)).toEqual({ dialect: 'dask', version: undefined })
  })

  test('goes by the protocol number: package versions may differ', async () => {
    const found = await against({ ...dask, heddle: { protocol: PROTOCOL, version: '7.7.7', more: true } })
    expect(found).toEqual({ dialect: 'heddle', version: '7.7.7' })
  })

  test('with an older and a newer protocol says which versions there are and which way to go', async () => {
    expect(await against({ ...dask, heddle: { protocol: 0, version: '0.0.1' } })).toMatchObject({
      code: 'HEDDLE_VERSION',
      message: expect.stringMatching(
        /this is heddle .*0\.0\.1 \(protocol 0\)\. Run 'npm i heddle@0\.0\.1' here, or upgrade/,
      ),
    })
    expect(await against({ ...dask, heddle: { protocol: 99, version: '9.9.9' } })).toMatchObject({
      code: 'HEDDLE_VERSION',
      message: expect.stringMatching(/9\.9\.9 \(protocol 99\).* or downgrade/),
    })
  })

  test.each<[string, unknown]>([
    ['a list', [1]],
    ['a map of something else', { hello: 1 }],
    ['a protocol that is no number', { ...dask, heddle: { protocol: '1' } }],
    ['no protocol', { ...dask, heddle: 5 }],
  ])('with %s is none', async (_what, greeting) => {
    expect(await against(greeting)).toMatchObject({ code: 'HEDDLE_PROTOCOL' })
  })

  test('leaves the comm paused, so that nothing is lost before somebody listens', async () => {
    const [near, far] = await pair()
    far.send(pack({ ...dask, heddle: { protocol: PROTOCOL, version: VERSION } }))
    far.send(pack('first'))
    await handshake(near, options)
    const first = new Deferred<unknown>()
    near.onMessage = (frames) => first.resolve(unpack(frames))
    near.resume()
    expect(await first.promise).toBe('first')
  })

  test('that nobody answers ends in time, and closes the comm', async () => {
    const [near] = await pair()
    await expect(handshake(near, { timeoutMs: 30 })).rejects.toMatchObject({ code: 'HEDDLE_CONNECT_TIMEOUT' })
    expect(near.closed).toBe(true)
  })

  test('whose peer hangs up says so', async () => {
    const [near, far] = await pair()
    void far.close()
    await expect(handshake(near, options)).rejects.toMatchObject({ code: 'HEDDLE_COMM_CLOSED' })
  })

  test('that is aborted rejects with the reason', async () => {
    const [near] = await pair()
    const controller = new AbortController()
    const shaking = handshake(near, { ...options, signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(shaking).rejects.toThrow('enough')
  })
})
