import { expect, test } from 'vitest'
import { checkThresholds, type MemoryThresholds } from '../../../src/config/memory-thresholds.js'
import { MemoryGuard } from '../../../src/worker/memory-guard.js'

/** A worker with a limit of 100 bytes of which `other` are no results. */
class Table {
  managed = 0
  other = 0
  free = 0
  clock = 0
  obstacle: string | undefined
  collected = 0
  readonly said: string[] = []
  readonly guard: MemoryGuard

  constructor(thresholds: MemoryThresholds = {}) {
    const table = this
    const say = (text: string) => void this.said.push(text)
    this.guard = new MemoryGuard({
      limit: 100,
      thresholds: checkThresholds(thresholds),
      store: {
        get memoryBytes() {
          return table.managed
        },
        get obstacle() {
          return table.obstacle
        },
        relieve() {},
        onGrowth() {},
        async evict(nbytes: number) {
          const gone = table.obstacle === undefined ? Math.min(nbytes, table.managed) : 0
          table.managed -= gone
          return gone
        },
      },
      measure: () => ({ used: this.managed + this.other, free: this.free }),
      collect: () => void this.collected++,
      trim: (free) => {
        this.free = Math.min(this.free, free)
      },
      onPause: (paused) => say(paused ? 'paused' : 'resumed'),
      onStuck: (reason, room) => say(`stuck: ${reason}, ${room}`),
      logger: { debug() {}, info() {}, warn: (text: string) => say(text.slice(0, 24)), error() {} },
      now: () => this.clock,
    })
  }

  async look(times = 1): Promise<void> {
    for (let i = 0; i < times; i++) {
      this.guard.look()
      await Promise.resolve()
      await Promise.resolve()
      this.clock += 100
    }
  }
}

test('beyond .70 results go to disk until .60 is reached', async () => {
  const t = new Table()
  ;[t.managed, t.other] = [50, 15]
  await t.look()
  expect(t.managed).toBe(50)
  t.other = 25
  await t.look()
  expect(t.managed).toBe(50)
  expect(t.collected).toBe(1)
  await t.look()
  expect(t.managed).toBe(35)
  expect(t.said).toEqual([])
})

test('what serves nobody is given back when all together comes near to where a nanny ends the worker', async () => {
  const t = new Table({ memoryTerminate: 0.9 })
  ;[t.managed, t.free] = [65, 20]
  await t.look()
  expect(t.free).toBe(20)
  t.managed = 70
  await t.look()
  expect(t.free).toBe(15)
  t.managed = 89
  await t.look()
  expect(t.free).toBe(0)
})

test('beyond .80 the worker pauses, and goes on when there is memory again', async () => {
  const t = new Table({ memorySpill: false })
  t.managed = 81
  await t.look(2)
  expect(t.guard.isPaused).toBe(true)
  t.managed = 79
  await t.look(2)
  t.managed = 81
  await t.look()
  expect(t.said).toEqual(['paused', 'memory is short: 81 B of', 'resumed', 'paused'])
})

test('memory that is no results is said to be so, once, and collected now and then', async () => {
  const t = new Table({ memoryPause: false })
  t.other = 75
  await t.look(30)
  expect(t.said).toEqual(['75 B of the limit of 100'])
  expect(t.collected).toBe(2)
})

test('each threshold can be off', async () => {
  const t = new Table({ memorySpill: false, memoryPause: false })
  t.managed = 200
  await t.look(5)
  expect([t.managed, t.said, t.collected]).toEqual([200, [], 0])
})

test('F13: who is paused because the disk is full says so after a while', async () => {
  const t = new Table()
  t.obstacle = 'ENOSPC'
  t.managed = 85
  await t.look(20)
  expect(t.said).not.toContain('stuck: ENOSPC, 5')
  await t.look(2)
  expect(t.said).toContain('stuck: ENOSPC, 5')
  t.obstacle = undefined
  t.said.length = 0
  await t.look(2)
  expect(t.said).toEqual(['stuck: undefined, 5', 'resumed'])
})
