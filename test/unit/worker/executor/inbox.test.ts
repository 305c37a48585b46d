import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Encoded } from '../../../../src/values/encoded.js'
import type { Job } from '../../../../src/worker/executor/executor.js'
import { Inbox, type ReceivedJob } from '../../../../src/worker/executor/inbox.js'
import type { LiveInput } from '../../../../src/worker/executor/live-inputs.js'

const NEEDS_NOTHING = { after: 0, next: 1 }

function jobOf(id: number, given: Partial<Job> = {}): Job {
  const args = new Encoded(Uint8Array.of(1, id & 255), [], 2)
  return {
    id,
    key: `k${id}`,
    runId: 3 * 2 ** 32 + id,
    attempt: 1,
    function: 'hash#f',
    args,
    inputs: new Map(),
    ...given,
  }
}

function inputOf(number: number, key: string): LiveInput {
  return { number, key, encoded: new Encoded(new Uint8Array(1), [], 1), pins: 1, void: false }
}

/** What the other thread finds, in order. */
class Other {
  readonly found: (ReceivedJob | { number: number; head?: Uint8Array; nbytes?: number })[] = []
  readonly #inbox: Inbox

  constructor(inbox: Inbox) {
    this.#inbox = new Inbox(inbox.memory)
  }

  takeAll(messages = 100): typeof this.found {
    const values = {
      put: (number: number, head: Uint8Array, nbytes: number) => void this.found.push({ number, head, nbytes }),
      drop: (number: number) => void this.found.push({ number }),
    }
    for (let job = this.#inbox.take(messages, values); job !== undefined; job = this.#inbox.take(messages, values))
      this.found.push(job)
    return this.found.splice(0)
  }
}

test('jobs come out once, in order and whole, whatever their texts, however often the ring goes round', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const job = fc.record({
    key: fc.oneof(text, fc.constantFrom('\ud800', 'ü', '')),
    function: fc.constantFrom('hash#f' as const, 'other#ßκ' as const),
    head: fc.uint8Array({ minLength: 1, maxLength: 300 }),
    inputs: fc.array(fc.tuple(fc.nat(), text), { maxLength: 3 }),
    mutates: fc.boolean(),
  })
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 5, arbitrary: job }, fc.constant('take' as const)), { maxLength: 60 }),
      (steps) => {
        const inbox = Inbox.of(16 * 1024)
        const other = new Other(inbox)
        let waiting: unknown[] = []
        steps.forEach((step, id) => {
          if (step === 'take') {
            expect(other.takeAll()).toEqual(waiting)
            waiting = []
          } else if (inbox.hasRoom) {
            const { key, function: ref, head, mutates } = step
            const inputs = step.inputs.map(([number, name]) => inputOf(number, name))
            const given = jobOf(id, { key, function: ref, args: new Encoded(head, [], 1), mutates })
            const isWhole = inbox.putJob(given, { cell: id, sequence: id + 1 }, inputs, NEEDS_NOTHING)
            const rest = { key, function: ref, head, inputs: step.inputs.flatMap(([number, name]) => [name, number]) }
            const { runId } = given
            waiting.push({
              id,
              cell: id,
              sequence: id + 1,
              runId,
              attempt: 1,
              mutates,
              rest: isWhole ? rest : undefined,
            })
          }
        })
        expect(other.takeAll()).toEqual(waiting)
      },
    ),
  )
})

test('small values and their ends stand between the jobs', () => {
  const inbox = Inbox.of(16 * 1024)
  expect(inbox.putValue(7, new Encoded(Uint8Array.of(5, 6), [], 9), 0)).toBe(true)
  expect(inbox.putJob(jobOf(1), { cell: 0, sequence: 1 }, [inputOf(7, 'x')], NEEDS_NOTHING)).toBe(true)
  expect(inbox.putDrop(7, 0)).toBe(true)
  expect(new Other(inbox).takeAll()).toEqual([
    { number: 7, head: Uint8Array.of(5, 6), nbytes: 9 },
    expect.objectContaining({ id: 1, rest: expect.objectContaining({ inputs: ['x', 7] }) }),
    { number: 7 },
  ])
})

test('nothing is taken before the messages have come that it needs, nor what stands behind it', () => {
  const inbox = Inbox.of(16 * 1024)
  inbox.putJob(jobOf(1), { cell: 0, sequence: 1 }, [], { after: 2, next: 3 })
  inbox.putJob(jobOf(2), { cell: 1, sequence: 2 }, [], { after: 0, next: 1 })
  const other = new Other(inbox)
  expect(other.takeAll(1)).toEqual([])
  expect(other.takeAll(2)).toHaveLength(2)
})

test('a job with much beside it comes by the next message, but keeps its place', () => {
  const inbox = Inbox.of(16 * 1024)
  const buffers = [new Uint8Array(5000)]
  const large: Partial<Job>[] = [
    { args: new Encoded(new Uint8Array(3000), [], 3000) },
    { args: new Encoded(new Uint8Array(1), buffers, 5000) },
    { key: 'k'.repeat(5000) },
  ]
  const many = Array.from({ length: 100 }, (_, i) => inputOf(i, `x${i}`))
  for (const [i, given] of large.entries())
    expect(inbox.putJob(jobOf(i, given), { cell: i, sequence: 1 }, [], { after: 0, next: 1 })).toBe(false)
  expect(inbox.putJob(jobOf(9), { cell: 9, sequence: 1 }, many, { after: 0, next: 1 })).toBe(false)
  expect(inbox.putValue(1, new Encoded(new Uint8Array(1), buffers, 5000), 0)).toBe(false)
  const other = new Other(inbox)
  expect(other.takeAll(0)).toEqual([])
  expect(other.takeAll(1)).toEqual([0, 1, 2, 9].map((id) => expect.objectContaining({ id, rest: undefined })))
})

test('while there is room, a job finds its place whatever values it brings along', () => {
  const value = new Encoded(new Uint8Array(2048), [], 2048)
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 12 }), { maxLength: 40 }), (values) => {
      const inbox = Inbox.of(32 * 1024)
      const other = new Other(inbox)
      const found: number[] = []
      const take = () => found.push(...other.takeAll().flatMap((one) => ('id' in one ? one.id : [])))
      for (const [id, count] of values.entries()) {
        if (!inbox.hasRoom) take()
        expect(inbox.hasRoom).toBe(true)
        for (let i = 0; i < count; i++) inbox.putValue(i, value, 0)
        inbox.putJob(jobOf(id), { cell: id, sequence: id }, [], NEEDS_NOTHING)
      }
      take()
      expect(found).toEqual([...values.keys()])
    }),
  )
})
