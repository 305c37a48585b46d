import { describe, expect, test, vi } from 'vitest'
import { Loop } from '../../../src/scheduler/loop.js'
import { Scheduler } from '../../../src/scheduler/scheduler.js'
import { FakeClient, FakeWorker, QUIET, until } from './fake-peers.js'

/** From now on the core has a bug that shows in every message of that kind of peer. */
function breakFor(kind: 'worker-message' | 'client-message'): void {
  const push = Loop.prototype.push
  vi.spyOn(Loop.prototype, 'push').mockImplementation(function (this: Loop, event) {
    if (event.type === kind) vi.spyOn(this.core, 'handle').mockImplementationOnce(throwing)
    push.call(this, event)
  })
}

function throwing(): never {
  throw new Error('a bug')
}

async function schedulerWith(options: object) {
  const errors: string[] = []
  const logger = { ...QUIET, error: (text: string) => void errors.push(text) }
  const scheduler = await new Scheduler({ port: 0, logger, ...options }).start()
  return { scheduler, errors }
}

describe('a bug in the core', () => {
  test('ends the connection of the peer that showed it, is logged, and leaves the others alone', async () => {
    const { scheduler, errors } = await schedulerWith({})
    const [alice, ann] = [await FakeWorker.join(scheduler.address), await FakeClient.join(scheduler.address)]
    breakFor('client-message')
    ann.say({ op: 'retry', keys: [] })
    await until(() => ann.closed !== undefined)
    vi.restoreAllMocks()
    expect(errors[0]).toContain('a bug in Heddle')
    alice.holds('x')
    expect(scheduler.ncores.size).toBe(1)
    await alice.close()
    await scheduler.close()
  })

  test('ends a node that checks its invariants, and its finished rejects', async () => {
    const { scheduler } = await schedulerWith({ validate: true })
    const alice = await FakeWorker.join(scheduler.address)
    breakFor('worker-message')
    alice.holds('x')
    await expect(scheduler.finished).rejects.toThrow('a bug')
    vi.restoreAllMocks()
    await scheduler.close()
    await alice.close()
  })
})
