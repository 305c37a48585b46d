/**
 * The scheduler's core alone: a map of no-op tasks on two single-thread workers that answer at once.
 * `npx tsx --expose-gc bench/micro/scheduler-core.ts [tasks]`: microseconds of CPU (collector's threads included) and bytes per task.
 */
import { CoreBench } from './core-bench.js'

/** Of this process: others on the machine do not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function heap(): number {
  global.gc?.()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

/** One line of the table. */
function measure(name: string, tasks: number, submit: (bench: CoreBench) => void, before = (_: CoreBench) => {}): void {
  const bench = new CoreBench()
  before(bench)
  bench.run()
  const empty = heap()
  bench.turns.length = 0
  bench.told = 0
  const start = cpuMs()
  submit(bench)
  const accepted = cpuMs() - start
  const waiting = (heap() - empty) / tasks
  const begin = cpuMs()
  bench.run()
  const ms = accepted + cpuMs() - begin
  if (bench.told !== tasks) throw new Error(`${bench.told} of ${tasks} tasks ended`)
  console.log(
    `${name}: ${((ms * 1000) / tasks).toFixed(2)} us per task, first turn ${accepted.toFixed(1)} ms, longest turn ` +
      `${bench.longestMs.toFixed(0)} ms, ${waiting.toFixed(0)} bytes per waiting task, ` +
      `${((heap() - empty) / tasks).toFixed(0)} bytes per kept task`,
  )
}

const n = Number(process.argv[2] ?? 0)
for (const tasks of n > 0 ? [n] : [10_000, 10_000, 100_000, 1_000_000]) {
  measure(`map of ${tasks}`, tasks, (b) => b.submit('m', tasks))
  if (tasks <= 100_000) {
    const first = (b: CoreBench) => b.submit('a', tasks)
    measure(`map over ${tasks} results`, tasks, (b) => b.submit('b', tasks, 'a'), first)
    measure(`two maps of ${tasks}, one over the other`, 2 * tasks, (b) => {
      b.submit('a', tasks)
      b.submit('b', tasks, 'a')
    })
  }
}
