import type { WorkerMetrics } from '../../protocol/messages.js'
import { networkTraffic, openFiles } from './system.js'

/** What Dask takes for the speed of the network before anything was measured. */
const BANDWIDTH = 100e6

/** What a worker says of itself before anything was measured. */
export function firstMetrics(): object {
  return daskMetrics({
    memory: process.memoryUsage.rss(),
    managed_bytes: 0,
    spilled_bytes: 0,
    cpu: 0,
    event_loop_delay: 0,
    executing: 0,
    ready: 0,
    in_flight: 0,
    in_memory: 0,
    transfer_incoming_bytes: 0,
    transfer_outgoing_bytes: 0,
    transfer_incoming_count: 0,
    transfer_outgoing_count: 0,
    bandwidth: 0,
  })
}

/** The metrics of a heartbeat, as Dask's scheduler and dashboard look for them. */
export function daskMetrics(metrics: WorkerMetrics): object {
  return {
    task_counts: {
      executing: metrics.executing,
      ready: metrics.ready,
      flight: metrics.in_flight,
      memory: metrics.in_memory,
    },
    bandwidth: { total: metrics.bandwidth || BANDWIDTH, workers: {}, types: {} },
    digests_total_since_heartbeat: {},
    managed_bytes: metrics.managed_bytes,
    spilled_bytes: { memory: metrics.spilled_bytes, disk: metrics.spilled_bytes },
    transfer: {
      incoming_bytes: 0,
      incoming_count: metrics.in_flight,
      incoming_count_total: metrics.transfer_incoming_count,
      outgoing_bytes: 0,
      outgoing_count: 0,
      outgoing_count_total: metrics.transfer_outgoing_count,
    },
    event_loop_interval: metrics.event_loop_delay / 1000,
    cpu: metrics.cpu,
    memory: metrics.memory,
    time: Date.now() / 1000,
    host_net_io: networkTraffic(),
    host_disk_io: { read_bps: 0, write_bps: 0 },
    num_fds: openFiles(),
  }
}
