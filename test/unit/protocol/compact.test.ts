import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../../src/errors.js'
import { heddleCodec, pack } from '../../../src/protocol/codec.js'
import { compactForm } from '../../../src/protocol/compact.js'
import { whyNotFromWorker, whyNotToClient, whyNotToWorker } from '../../../src/protocol/validate-messages.js'
import { Encoded } from '../../../src/values/encoded.js'
import { FROM_WORKER, TO_CLIENT, TO_WORKER } from './good-messages.js'

const STREAMS = {
  'compute-task': { check: whyNotToWorker, compact: compactForm('compute-task') },
  'task-finished': { check: whyNotFromWorker, compact: compactForm('task-finished') },
  'key-in-memory': { check: whyNotToClient, compact: compactForm('key-in-memory') },
}
type Op = keyof typeof STREAMS

const FULL = {
  'compute-task': { op: 'compute-task', ...TO_WORKER['compute-task'] },
  'task-finished': { op: 'task-finished', ...FROM_WORKER['task-finished'] },
  'key-in-memory': { op: 'key-in-memory', ...TO_CLIENT['key-in-memory'] },
} as const satisfies Record<Op, object>
const OPS = Object.keys(FULL) as Op[]
const OPTIONAL = ['who_has', 'nbytes', 'inline', 'resource_restrictions', 'timeout', 'effect', 'mutates', 'logs']

function packed(...messages: readonly unknown[]): Uint8Array[] {
  const batch = heddleCodec.batch()
  for (const message of messages) batch.add(message)
  return batch.take()
}

function without(message: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(message).filter(([name]) => !names.includes(name)))
}

/** What is optional in the message. */
function optionalOf(op: Op): string[] {
  return op === 'key-in-memory'
    ? ['inline']
    : OPTIONAL.filter((name) => name in FULL[op] && (op === 'compute-task' || name === 'inline'))
}

describe('a message of which there is one for each task', () => {
  test.each(OPS)('is the same on the other side, with and without its optional fields: %s', (op) => {
    const some = fc.subarray(optionalOf(op)).map((names) => without(FULL[op], names))
    fc.assert(
      fc.property(fc.array(some, { maxLength: 5 }), (messages) => {
        expect(heddleCodec.unpackBatch(packed(...messages), STREAMS[op])).toEqual(messages)
      }),
      { numRuns: 20 },
    )
  })

  test.each(OPS)('takes less room than with the names of its fields: %s', (op) => {
    const [head] = packed(FULL[op], FULL[op])
    expect(head!.byteLength).toBeLessThan(pack([FULL[op], FULL[op]])[0]!.byteLength)
  })

  test('travels beside others, in order, and says again what was said before', () => {
    const finished = FULL['task-finished']
    const messages = [
      finished,
      { ...finished, key: 'y', typename: 'string' },
      { op: 'task-ended', key: 'x', run_id: 1 },
      { ...finished, key: 'z', typename: 'string' },
    ]
    expect(heddleCodec.unpackBatch(packed(...messages), STREAMS['task-finished'])).toEqual(messages)
  })

  test('does not build on one that could not be packed', () => {
    const batch = heddleCodec.batch()
    expect(() => batch.add({ ...FULL['task-finished'], stop: () => 1 })).toThrow(TypeError)
    batch.add(FULL['task-finished'])
    expect(heddleCodec.unpackBatch(batch.take(), STREAMS['task-finished'])).toEqual([FULL['task-finished']])
  })

  test.each(OPS)('is refused with a field of the wrong kind, which the reason names: %s', (op) => {
    for (const name of Object.keys(FULL[op]).filter((one) => one !== 'op')) {
      const wrong = name === 'inline' || name === 'args' ? 'text' : new Encoded(new Uint8Array(1), [], 1)
      const frames = packed({ ...FULL[op], [name]: wrong })
      expect(() => heddleCodec.unpackBatch(frames, STREAMS[op])).toThrow(new RegExp(`^${name}\\b`))
    }
  })

  test.each(OPS)('is refused without a field that it must have: %s', (op) => {
    for (const name of Object.keys(without(FULL[op], ['op', ...optionalOf(op)])))
      expect(() => heddleCodec.unpackBatch(packed(without(FULL[op], [name])), STREAMS[op])).toThrow(ProtocolError)
  })

  test('is refused on a stream that carries no such messages', () => {
    for (const op of OPS)
      for (const other of OPS.filter((one) => one !== op))
        expect(() => heddleCodec.unpackBatch(packed(FULL[op]), STREAMS[other])).toThrow(ProtocolError)
    expect(() => heddleCodec.unpackBatch(packed(FULL['task-finished']), { check: () => undefined })).toThrow(
      ProtocolError,
    )
  })

  test('that was damaged on the way is refused, or is another such message', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 })
    fc.assert(
      fc.property(fc.constantFrom(...OPS), damage, fc.double({ min: 0, max: 1, noNaN: true }), (op, changes, keep) => {
        const [head, ...rest] = packed(FULL[op], FULL[op]) as [Uint8Array, ...Uint8Array[]]
        const bytes = head.slice(0, changes.length > 0 ? undefined : Math.floor(head.byteLength * keep))
        for (const [at, byte] of changes) bytes[at % bytes.byteLength] = byte
        try {
          for (const message of heddleCodec.unpackBatch([bytes, ...rest], STREAMS[op]))
            expect(STREAMS[op].check(message)).toBeUndefined()
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }),
      { numRuns: 500 },
    )
  })
})
