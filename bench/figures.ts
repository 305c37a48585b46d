/** What is measured, in the order of the table. */
export interface Figure {
  readonly name: string
  readonly title: string
  /** `rate`: more is better. `cost`: less is better. */
  readonly kind: 'rate' | 'cost'
}

export const FIGURES: readonly Figure[] = [
  { name: 'map10k', title: 'map + wait, 10 k no-op tasks, tasks/s', kind: 'rate' },
  { name: 'map10kCpu', title: 'CPU of all processes per such task, µs', kind: 'cost' },
  { name: 'map100k', title: 'map + wait, 100 k no-op tasks, tasks/s', kind: 'rate' },
  { name: 'map10kInproc', title: 'the same 10 k in one process, two threads, tasks/s', kind: 'rate' },
  { name: 'latencyP50', title: 'submit → result, p50, ms', kind: 'cost' },
  { name: 'latencyP99', title: 'submit → result, p99, ms', kind: 'cost' },
  { name: 'latencySteadyP50', title: 'the same when the code is compiled, p50, ms', kind: 'cost' },
  { name: 'chain', title: 'chain of 2000, tasks/s', kind: 'rate' },
  { name: 'chainGraph', title: 'the same as one graph, tasks/s', kind: 'rate' },
  { name: 'tree', title: 'tree of 4096 leaves, tasks/s', kind: 'rate' },
  { name: 'scatter', title: 'scatter 10 k small values, s', kind: 'cost' },
  { name: 'gather', title: 'gather 10 k small values, s', kind: 'cost' },
  { name: 'transferFirst', title: 'first 256 MiB from worker to worker, GB/s', kind: 'rate' },
  { name: 'transfer', title: '256 MiB from worker to worker, GB/s', kind: 'rate' },
  { name: 'transferTcp', title: 'the same, by TCP, GB/s', kind: 'rate' },
  { name: 'scatterBytes', title: 'scatter of 256 MiB, GB/s', kind: 'rate' },
  { name: 'updateBytes', title: 'updateData of 256 MiB, GB/s', kind: 'rate' },
  { name: 'latencyMovingP99', title: 'submit → result while 1 GiB moves, p99, ms', kind: 'cost' },
  { name: 'fanIn2k', title: '2000 leaves into one task, leaves/s', kind: 'rate' },
  { name: 'fanIn10k', title: '10 k leaves into one task, leaves/s', kind: 'rate' },
  { name: 'allToAll16', title: 'all to all 16×16, small values, pairs/s', kind: 'rate' },
  { name: 'allToAll64', title: 'all to all 64×64, small values, pairs/s', kind: 'rate' },
  { name: 'spin', title: '2000 tasks of 1 ms, of the ideal 1/s on two threads', kind: 'rate' },
  { name: 'spill', title: '2 GiB to disk and back, GB/s', kind: 'rate' },
  { name: 'schedulerBytes', title: 'scheduler memory per kept task, bytes', kind: 'cost' },
  { name: 'clientBytes', title: 'client memory per kept task, bytes', kind: 'cost' },
  { name: 'start', title: 'start → first result, s', kind: 'cost' },
]
