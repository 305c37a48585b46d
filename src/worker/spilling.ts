/** What a worker does about its memory, wired: a disk for its store, and a guard. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MemoryFullError } from '../errors.js'
import type { Clock } from '../util/clock.js'
import { encode } from '../values/encode.js'
import type { Event } from './core/events.js'
import { markLocalDirectory } from './local-directory.js'
import type { Arena } from './memory/arena.js'
import { MemoryGuard } from './memory-guard.js'
import type { WorkerPlan } from './options.js'
import type { Push } from './shell.js'
import { SpilledInputs } from './spilled-inputs.js'
import { SpillFiles } from './store/spill-files.js'
import type { Store, StoreLimits } from './store/store.js'

/** Of the memory limit: what inputs that are read from disk may take at once, and as much what is read for others. */
const LOADING_SHARE = 0.2

/** What is wired. */
export interface SpillingParts {
  readonly plan: WorkerPlan
  readonly store: Store
  readonly memory: Arena
  readonly localDirectory: string
  readonly push: Push
  readonly clock: Clock
}

/** What the store of such a worker may keep. */
export function storeLimits({ memoryLimit, memory }: WorkerPlan): StoreLimits {
  const { target, maxSpill } = memory
  const targetBytes = memoryLimit === undefined || target === false ? undefined : memoryLimit * target
  return { targetBytes, maxSpillBytes: maxSpill }
}

/** What the runs of such a worker go by. */
export function runLimits(plan: WorkerPlan, store: Store, memory: Arena) {
  const { memoryLimit = Number.POSITIVE_INFINITY, logger } = plan
  const largeBytes = storeLimits(plan).targetBytes ?? Number.POSITIVE_INFINITY
  return { spilled: new SpilledInputs(store, memory, memoryLimit * LOADING_SHARE), largeBytes, logger }
}

/** What may be read from disk at once for peers and clients, bytes. */
export function servedFromDiskMax({ memoryLimit = Number.POSITIVE_INFINITY }: WorkerPlan): number {
  return memoryLimit * LOADING_SHARE
}

/** From now on values may go to disk. The guard has not started; there is none where memory has no limit. */
export function openSpilling(parts: SpillingParts): MemoryGuard | undefined {
  const { plan } = parts
  if (plan.memoryLimit === undefined) return undefined
  const { target, spill } = plan.memory
  if (target !== false || spill !== false) openDisk(parts)
  return makeGuard(parts, plan.memoryLimit)
}

function openDisk({ plan, store, memory, localDirectory, push }: SpillingParts): void {
  const files = new SpillFiles({
    directory: join(localDirectory, 'spilled'),
    allocate: (nbytes) => memory.allocate(nbytes),
    remake: async () => {
      await mkdir(localDirectory, { recursive: true, mode: 0o700 })
      await markLocalDirectory(localDirectory)
    },
  })
  store.openDisk(files, {
    onLost: (key, reason) => push({ type: 'value-lost', keys: [key], reason }),
    onObstacle: (reason) => plan.logger.warn(`results stay in memory, for they cannot be written to disk: ${reason}`),
  })
}

function makeGuard({ plan, store, memory, localDirectory, push, clock }: SpillingParts, limit: number): MemoryGuard {
  return new MemoryGuard({
    limit,
    thresholds: plan.memory,
    store,
    measure: () => measure(plan, memory),
    collect: () => memory.giveBack(),
    trim: (free) => memory.trim(free),
    onPause: (paused) => push({ type: paused ? 'paused' : 'resumed' }),
    onStuck: (reason, room) => push(stuckEvent(reason, room, localDirectory)),
    logger: plan.logger,
    now: () => clock.now(),
  })
}

function measure({ memoryOf }: WorkerPlan, memory: Arena): { used: number; free: number } {
  const free = memory.freeBytes
  if (memoryOf === 'values') return { used: memory.usedBytes, free: 0 }
  return { used: Math.max(0, process.memoryUsage.rss() - free), free }
}

function stuckEvent(obstacle: string | undefined, room: number, directory: string): Event {
  if (obstacle === undefined) return { type: 'unstuck' }
  const reason = `nothing can be written to disk: ${obstacle} (in ${directory})`
  return { type: 'stuck', reason, room, error: encode(new MemoryFullError('this worker', reason)) }
}
