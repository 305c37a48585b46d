import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { WorkerMetrics } from '../protocol/messages.js'
import type { WorkerCore } from './core/core.js'
import type { Fetcher } from './fetcher.js'
import type { Outgoing } from './get-data.js'
import type { ValueStore } from './store/store.js'

const RESOLUTION_MS = 20

/** What is measured. */
export interface Measured {
  readonly core: WorkerCore
  readonly store: ValueStore
  readonly fetcher: Fetcher
  readonly outgoing: Outgoing
}

/** What a worker tells of itself in its heartbeats. */
export class Metrics {
  readonly #measured: Measured
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  #cpu = process.cpuUsage()
  #since = performance.now()
  #cpuShare = 0
  #delayMs = 0

  constructor(measured: Measured) {
    this.#measured = measured
    this.#delay.enable()
  }

  /** The figures of now; those of the event loop and the CPU are of the time since the last `renew`. */
  get now(): WorkerMetrics {
    const { core, store, fetcher, outgoing } = this.#measured
    const counts = core.counts()
    return {
      memory: process.memoryUsage.rss(),
      managed_bytes: store.memoryBytes,
      spilled_bytes: store.spilledBytes,
      cpu: this.#cpuShare,
      event_loop_delay: this.#delayMs,
      executing: core.active.size,
      ready: counts.ready + counts.constrained,
      in_flight: core.incomingCount,
      in_memory: store.size,
      transfer_incoming_bytes: fetcher.bytes,
      transfer_outgoing_bytes: outgoing.bytes,
      transfer_incoming_count: fetcher.count,
      transfer_outgoing_count: outgoing.count,
      bandwidth: fetcher.bandwidth,
    }
  }

  /** Closes one interval and begins the next. Delay: the 99th percentile, ms. CPU: percent of one core. */
  renew(): void {
    const now = performance.now()
    const { user, system } = process.cpuUsage(this.#cpu)
    this.#cpuShare = (user + system) / 10 / Math.max(1, now - this.#since)
    this.#delayMs = this.#delay.count > 0 ? Math.max(0, this.#delay.percentile(99) / 1e6 - RESOLUTION_MS) : 0
    this.#delay.reset()
    this.#cpu = process.cpuUsage()
    this.#since = now
  }

  close(): void {
    this.#delay.disable()
  }
}
