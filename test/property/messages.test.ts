import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/errors.js'
import { heddleCodec, pack, unpack } from '../../src/protocol/codec.js'
import {
  whyNotFromClient,
  whyNotFromWorker,
  whyNotToClient,
  whyNotToWorker,
} from '../../src/protocol/validate-messages.js'
import { SCHEDULER_CHECKS, WORKER_CHECKS } from '../../src/protocol/validate-requests.js'
import { Encoded } from '../../src/values/encoded.js'
import {
  FROM_CLIENT,
  FROM_WORKER,
  messagesOf,
  SCHEDULER_ASKS,
  TO_CLIENT,
  TO_WORKER,
  WORKER_ASKS,
} from '../unit/protocol/good-messages.js'
import { fine, framed, Opened, RawPeer } from '../unit/rpc/nodes.js'

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 50 }),
  fc.constantFrom(4095, 4096, 5000, 65_535, 65_536).map((length) => new Uint8Array(length).fill(length & 255)),
)
const encoded = fc
  .tuple(bytes, fc.array(bytes, { maxLength: 3 }), fc.maxSafeNat())
  .map(([head, buffers, nbytes]) => new Encoded(head, buffers, nbytes))
/** Any UTF-16 units, halves of pairs too. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units))
const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('__proto__', 'constructor', 'op', ''),
)

/** Everything that a message may be made of. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), anyText),
    fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.double(), fc.constantFrom(-0, 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1))),
    fc.bigInt({ min: 2n ** 54n, max: 2n ** 64n - 1n }),
    fc.constantFrom(true, false, null),
    bytes,
    encoded,
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(name, tie('value'), { maxKeys: 20, noNullPrototype: false }),
    fc
      .array(fc.tuple(fc.oneof(name, anyText, fc.integer()), tie('value')), { maxLength: 20 })
      .map((entries) => new Map(entries)),
  ),
}))

/** Objects inherit nothing when they arrive, which does not matter here. Much faster than `toEqual` for bytes. */
function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (a instanceof Map) return b instanceof Map && equal([...a], [...b])
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, i) => equal(one, b[i]))
  return a instanceof Encoded === b instanceof Encoded && equal(Object.entries(a).flat(), Object.entries(b).flat())
}

const GOOD = [
  ...messagesOf(TO_WORKER),
  ...messagesOf(FROM_WORKER),
  ...messagesOf(FROM_CLIENT),
  ...messagesOf(TO_CLIENT),
  ...Object.entries({ ...WORKER_ASKS, ...SCHEDULER_ASKS }).map(([op, ask]) => ({ ...ask, op })),
] as Record<string, unknown>[]

const CHECKS = [
  whyNotToWorker,
  whyNotFromWorker,
  whyNotToClient,
  whyNotFromClient,
  ...Object.values({ ...WORKER_CHECKS, ...SCHEDULER_CHECKS }),
] as ((message: unknown) => string | undefined)[]

/** A good message with some of its bytes changed, or cut off, or with frames taken away. */
const damaged = fc
  .record({
    message: fc.constantFrom(...GOOD),
    changes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
    frames: fc.nat(3),
  })
  .map(({ message, changes, keep, frames }) => {
    const [head = new Uint8Array(0), ...rest] = pack(message)
    const bytes = head.slice(0, Math.floor(head.byteLength * keep))
    for (const [at, byte] of changes) if (bytes.byteLength > 0) bytes[at % bytes.byteLength] = byte
    return [bytes, ...(frames === 3 ? rest : rest.slice(0, frames))]
  })

/** Undefined when the frames are refused as they should be. */
function read(frames: readonly Uint8Array[]): unknown {
  try {
    return unpack(frames)
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError)
    return undefined
  }
}

describe('a message', () => {
  test('is the same on the other side, whatever it is made of', () => {
    fc.assert(
      fc.property(value, (one) => equal(unpack(pack(one)), one)),
      { numRuns: 200 },
    )
  })

  test('is the same when it travels with others', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), (messages) => {
        const batch = heddleCodec.batch()
        for (const message of messages) batch.add(message)
        return equal(heddleCodec.unpack(batch.take()), messages)
      }),
      { numRuns: 60 },
    )
  })

  test('of random bytes is refused as such, or is some value that no check lets through by accident', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 3 }), (frames) => {
        const message = read(frames)
        for (const check of CHECKS.slice(0, 4)) expect(check(message)).toBeTypeOf('string')
      }),
      { numRuns: 500 },
    )
  })

  test('that was damaged on the way is refused or checked, and nothing else happens', () => {
    fc.assert(
      fc.property(damaged, (frames) => {
        const message = read(frames)
        if (typeof message !== 'object' || message === null || Array.isArray(message) || message instanceof Map) return
        for (const check of CHECKS) expect(check(message)).toSatisfy((r) => r === undefined || typeof r === 'string')
      }),
      { numRuns: 500 },
    )
  })

  test('with any value in place of a field is accepted or refused with a reason', () => {
    fc.assert(
      fc.property(fc.constantFrom(...GOOD), fc.nat(), value, (message, i, wrong) => {
        const names = Object.keys(message)
        const changed = { ...message, [names[i % names.length] as string]: wrong }
        for (const check of CHECKS) check(unpack(pack(changed)) as never)
      }),
      { numRuns: 200 },
    )
  })
})

describe('a node', () => {
  const opened = new Opened()
  afterAll(() => opened.close())

  test('goes on serving, whatever known and unknown peers send', async () => {
    const { address, log } = await opened.serve('tcp://127.0.0.1:0', {
      handlers: {
        ...Object.fromEntries(Object.keys(WORKER_CHECKS).map((op) => [op, fine])),
        ping: () => ({ status: 'OK' }),
      },
      checks: WORKER_CHECKS,
    })
    const pool = opened.pool()
    const attack = fc.oneof(
      fc.uint8Array({ maxLength: 500 }),
      damaged.map((frames) => framed(...frames)),
      damaged.map((frames) => framed(...frames).subarray(0, 30)),
    )
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(attack, { minLength: 1, maxLength: 4 }), async (known, attacks) => {
        const peer = new RawPeer(address)
        if (known) await peer.greet()
        for (const bytes of attacks) peer.write(bytes)
        expect(await pool.request(address, 'ping')).toEqual({ status: 'OK' })
        peer.close()
        await peer.ended
      }),
      { numRuns: 150 },
    )
    expect(log.texts('error')).toEqual([])
  })
})
